/** The outline of a sound, made as high as can be seen. */

const FULL_SCALE = 255;
/** Share of the peaks that may be cut off at the top: single clicks do not make the rest small. */
const CUT_OFF = 0.001;
/** So much louder is a quiet recording drawn at most, so that silence stays silence. */
const MOST = 16;

/**
 * @param {Uint8Array} peaks from 0 to 255
 * @returns {Uint8Array} the same in proportion, so that the loudest ones have the full height
 */
export function amplified(peaks) {
  const loud = loudOf(peaks);
  const factor = Math.min(MOST, FULL_SCALE / loud);
  return peaks.map((peak) => Math.min(FULL_SCALE, Math.round(peak * factor)));
}

/**
 * @param {Uint8Array} peaks
 * @returns {number} the largest peak but for a few
 */
function loudOf(peaks) {
  const counts = new Uint32Array(FULL_SCALE + 1);
  for (const peak of peaks) counts[peak] += 1;
  let above = Math.floor(peaks.length * CUT_OFF);
  for (let peak = FULL_SCALE; peak > 1; peak -= 1) {
    above -= counts[peak];
    if (above < 0) return peak;
  }
  return 1;
}
