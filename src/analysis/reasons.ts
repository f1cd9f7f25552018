/** What a failed job says to a reader of the worklist: a code and a sentence in both languages. */
import type { Reason } from '../findings/types.ts';
import type { Job } from '../queue/port.ts';

const sentences: Readonly<Record<string, { readonly en: string; readonly vi: string }>> = {
  WORKER_LOST: {
    en: 'The analysis process stopped unexpectedly.',
    vi: 'Tiến trình phân tích dừng đột ngột.',
  },
  MODEL_TIMEOUT: {
    en: 'The analysis took longer than allowed.',
    vi: 'Phân tích kéo dài quá thời gian cho phép.',
  },
  MODEL_MEMORY_EXCEEDED: {
    en: 'The analysis needed more memory than allowed.',
    vi: 'Phân tích cần nhiều bộ nhớ hơn mức cho phép.',
  },
  MODEL_NOT_FOUND: {
    en: 'The model that should analyse the study is not installed.',
    vi: 'Mô hình dùng để phân tích ca chụp chưa được cài đặt.',
  },
  MODEL_HASH_MISMATCH: {
    en: 'The model file is not the one that its manifest names.',
    vi: 'Tệp mô hình không khớp với bản kê khai.',
  },
  MODEL_MANIFEST_INVALID: {
    en: 'The manifest of the model is not valid.',
    vi: 'Bản kê khai của mô hình không hợp lệ.',
  },
  ARCHIVE_UNREACHABLE: {
    en: 'The analysis process could not fetch the images.',
    vi: 'Tiến trình phân tích không lấy được hình ảnh.',
  },
  ARCHIVE_NOT_FOUND: {
    en: 'The archive does not hold all images of the study.',
    vi: 'Kho lưu trữ không có đủ hình ảnh của ca chụp.',
  },
  ARCHIVE_INSTANCE_CHANGED: {
    en: 'The archive holds other images than those that were to be analysed.',
    vi: 'Kho lưu trữ chứa hình ảnh khác với hình ảnh cần phân tích.',
  },
  CANCELLED: {
    en: 'The analysis was cancelled.',
    vi: 'Phân tích đã bị hủy.',
  },
};

const otherwise = {
  en: 'The analysis failed.',
  vi: 'Phân tích thất bại.',
};

function reason(code: string, suffix: { readonly en: string; readonly vi: string }, details: Record<string, string | number>): Reason {
  const sentence = sentences[code] ?? otherwise;
  return {
    code,
    text: { en: `${sentence.en} ${suffix.en}`, vi: `${sentence.vi} ${suffix.vi}` },
    details,
  };
}

/** Why there is no result and none will come by itself: the study is neither analysed nor refused. */
export function failureOfCode(code: string, details: Record<string, string | number> = {}): Reason {
  return reason(code, {
    en: 'The study was not analysed; read it without AI results or resubmit it.',
    vi: 'Ca chụp chưa được phân tích; hãy đọc không có kết quả AI hoặc gửi phân tích lại.',
  }, details);
}

/** Why a job ended without a result. */
export function failureReason(job: Job): Reason {
  const code = job.state === 'cancelled' ? 'CANCELLED' : job.failures.at(-1)?.code ?? 'INTERNAL';
  return failureOfCode(code, { attempts: job.attempt });
}

/** Why a job waits for its next attempt. */
export function retryReason(job: Job): Reason {
  return reason(job.failures.at(-1)?.code ?? 'INTERNAL', {
    en: `It will be tried again (attempt ${job.attempt + 1} of ${job.maxAttempts}).`,
    vi: `Hệ thống sẽ thử lại (lần ${job.attempt + 1} trên ${job.maxAttempts}).`,
  }, { attempts: job.attempt, maxAttempts: job.maxAttempts });
}
