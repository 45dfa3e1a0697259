/** How the door says that an index tells no upload times, and how that is found again in a locker's output. Pure. */

export const NO_UPLOAD_TIMES = 'Relock: the index tells no upload times';
/** No client tries again after 424 (it does after most 5xx), and none asks for a password: the locker fails at once. */
export const NO_UPLOAD_TIMES_STATUS = 424;

/** True when a locker's output quotes the refusal of a project without upload times (pip alone hides it). */
export function quotesMissingUploadTimes(output: string): boolean {
  return output.includes(NO_UPLOAD_TIMES);
}
