import type { enAccount } from './en-account.ts';

export const viAccount: Readonly<Record<keyof typeof enAccount, string>> = {
  'login.title': 'Đăng nhập',
  'login.username': 'Tên tài khoản',
  'login.password': 'Mật khẩu',
  'login.submit': 'Đăng nhập',
  'login.ended': 'Phiên làm việc đã kết thúc. Hãy đăng nhập lại; nội dung đang viết vẫn được giữ.',
  'login.with': 'Đăng nhập bằng {name}',
  'login.or': 'hoặc bằng tài khoản của hệ thống này',
  'noRole.title': 'Không có vai trò',
  'noRole.text': '{name} biết bạn là ai, nhưng chưa nhóm nào của bạn có vai trò trong hệ thống này. Hãy đề nghị người quản trị cấp vai trò cho nhóm của bạn.',
  'noRole.another': 'Đăng nhập bằng tài khoản khác',
  'login.out': 'Đăng xuất',
  'login.lockedFor.one': 'Nhập sai quá nhiều lần. Hãy thử lại sau {count} giây.',
  'login.lockedFor.other': 'Nhập sai quá nhiều lần. Hãy thử lại sau {count} giây.',
  'password.title': 'Đặt mật khẩu của bạn',
  'password.due': 'Mật khẩu hiện tại do người khác cấp. Hãy đặt mật khẩu mà chỉ bạn biết.',
  'password.present': 'Mật khẩu hiện tại',
  'password.next': 'Mật khẩu mới (ít nhất 12 ký tự)',
  'password.again': 'Nhập lại mật khẩu mới',
  'password.differ': 'Hai mật khẩu mới không giống nhau.',
  'password.submit': 'Đổi mật khẩu',
};
