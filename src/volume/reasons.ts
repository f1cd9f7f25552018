/** Why a series is refused, or what limits its analysis: one stable code, one sentence in English and one in Vietnamese. */
import type { Reason } from '../findings/types.ts';

const sentences = {
  'not-ct': ['The series is not CT.', 'Chuỗi ảnh không phải là CT.'],
  'localizer': ['The series is a localizer, not a volume.', 'Chuỗi ảnh là ảnh định vị, không phải khối ảnh cắt lớp.'],
  'derived-secondary': ['The series is derived or secondary (for example MIP, MPR, screen capture or dose report), not the original images.', 'Chuỗi ảnh là ảnh dẫn xuất hoặc thứ cấp (ví dụ MIP, MPR, ảnh chụp màn hình, báo cáo liều), không phải ảnh gốc.'],
  'derived-primary': ['The images are marked as derived; measurements may differ from those on the original images.', 'Ảnh được đánh dấu là ảnh dẫn xuất; số đo có thể khác với ảnh gốc.'],
  'not-chest': ['No complete lung was found in the images: this is not a chest CT, or most of the lungs are missing.', 'Không tìm thấy phổi trong ảnh: đây không phải CT ngực hoặc thiếu phần lớn phổi.'],
  'not-axial': ['The images are not axial.', 'Ảnh không phải lát cắt ngang (axial).'],
  'thick-slices': ['The slices are too thick for nodule detection.', 'Lát cắt quá dày để phát hiện nốt phổi.'],
  'thick-slices-warning': ['The slices are thick: small nodules may be missed, and diameters and volumes are less certain.', 'Lát cắt dày: có thể bỏ sót nốt nhỏ, đường kính và thể tích kém chính xác hơn.'],
  'few-slices': ['The series has too few slices.', 'Chuỗi ảnh có quá ít lát cắt.'],
  'short-coverage': ['The series covers too short a part of the chest.', 'Chuỗi ảnh chỉ bao phủ một đoạn quá ngắn của lồng ngực.'],
  'gap': ['Slices are missing in the series.', 'Chuỗi ảnh bị thiếu lát cắt.'],
  'gap-interpolated': ['Slices are missing and were interpolated; nodules beside the gap are not measured and may be missed.', 'Thiếu lát cắt và đã được nội suy; nốt cạnh chỗ thiếu không được đo và có thể bị bỏ sót.'],
  'gap-nearby': ['Slices are missing beside this nodule: its size is not given.', 'Thiếu lát cắt cạnh nốt này: không đưa ra kích thước.'],
  'uneven-spacing': ['The distance between slices varies too much.', 'Khoảng cách giữa các lát cắt thay đổi quá nhiều.'],
  'uneven-spacing-warning': ['The distance between slices varies slightly; positions and volumes are less certain.', 'Khoảng cách giữa các lát cắt hơi thay đổi; vị trí và thể tích kém chính xác hơn.'],
  'tilt': ['The gantry was tilted too far.', 'Khung máy nghiêng quá nhiều.'],
  'tilt-corrected': ['The gantry was tilted; the geometry was corrected.', 'Khung máy nghiêng; hình học đã được hiệu chỉnh.'],
  'mixed': ['The series mixes images that do not form one volume.', 'Chuỗi ảnh gồm các ảnh không thuộc cùng một khối.'],
  'several-acquisitions': ['The series holds several acquisitions; one of them was analysed.', 'Chuỗi ảnh có nhiều lần chụp; chỉ một lần được phân tích.'],
  'duplicate': ['Several different images lie at the same position.', 'Nhiều ảnh khác nhau nằm ở cùng một vị trí.'],
  'duplicate-dropped': ['Identical images were sent twice; the copies were ignored.', 'Có ảnh trùng lặp; các bản sao đã được bỏ qua.'],
  'lossy': ['The images were compressed with loss.', 'Ảnh đã bị nén mất dữ liệu.'],
  'hu-implausible': ['The pixel values are not plausible Hounsfield units.', 'Giá trị điểm ảnh không phải là đơn vị Hounsfield hợp lý.'],
  'incomplete-lung': ['The scan does not cover the lungs completely: nodules outside it cannot be found.', 'Ảnh không bao phủ toàn bộ phổi: không thể phát hiện nốt nằm ngoài vùng chụp.'],
  'fov': ['The field of view cuts off part of the lungs.', 'Trường nhìn cắt mất một phần phổi.'],
  'coarse-pixels': ['The pixels are large: small nodules may be missed.', 'Điểm ảnh lớn: có thể bỏ sót nốt nhỏ.'],
  'undecodable': ['The pixel data of an image cannot be decoded.', 'Không giải mã được dữ liệu điểm ảnh.'],
  'unreadable-instance': ['Files of the study could not be read as DICOM and were not looked at.', 'Có tệp không đọc được theo chuẩn DICOM và không được xem xét.'],
  'too-large': ['The series is larger than the configured limit.', 'Chuỗi ảnh vượt quá giới hạn cho phép.'],
  'missing-geometry': ['The images lack the attributes that say where they lie in the patient.', 'Ảnh thiếu thông tin vị trí trong cơ thể bệnh nhân.'],
  'kernel-refused': ['The reconstruction kernel of the images is not one that the model was made for.', 'Thuật toán tái tạo (kernel) của ảnh không thuộc loại mà mô hình được thiết kế.'],
  'kernel-warning': ['The model was not validated on images of this reconstruction kernel.', 'Mô hình chưa được kiểm định trên ảnh dùng thuật toán tái tạo (kernel) này.'],
  'image-size': ['The images have more rows or columns than the model takes.', 'Ảnh có số hàng hoặc số cột lớn hơn mức mô hình có thể xử lý.'],
  'contrast': ['Contrast agent was given.', 'Có tiêm thuốc cản quang.'],
  'pediatric': ['The patient is younger than the model is meant for.', 'Bệnh nhân nhỏ tuổi hơn phạm vi sử dụng của mô hình.'],
  'age-unknown': ['The age of the patient is not known; the model is meant for adults.', 'Không rõ tuổi bệnh nhân; mô hình dành cho người lớn.'],
  'prone': ['The patient lay prone; the model was not validated for this.', 'Bệnh nhân nằm sấp; mô hình chưa được kiểm định cho tư thế này.'],
  'pet-attenuation': ['This CT belongs to a PET/CT and may be of low dose or taken during breathing.', 'CT này thuộc PET/CT, có thể liều thấp hoặc chụp khi bệnh nhân thở.'],
  'no-images': ['The study holds no images.', 'Ca chụp không có ảnh.'],
} as const;

export type ReasonCode = keyof typeof sentences;

/** The reason with this code, and numbers or short words that explain it. */
export function reason(code: ReasonCode, details?: Readonly<Record<string, string | number>>): Reason {
  const [en, vi] = sentences[code];
  return { code, text: { en, vi }, ...(details && { details }) };
}
