/**
 * Words and the spaces between them, as shared/model/spacing.py and shared/formats/text.py have
 * them.
 */

/** Languages written without spaces between words. */
const WITHOUT_SPACES = new Set(["bo", "ja", "km", "lo", "my", "th", "yue", "zh"]);
/** Those of them that write no spaces between sentences either. */
const WITHOUT_SPACES_BETWEEN_SENTENCES = new Set(["ja", "yue", "zh"]);
/** Languages that are written from right to left. */
const RIGHT_TO_LEFT = new Set(["ar", "arc", "ckb", "dv", "fa", "he", "ps", "sd", "ug", "ur", "yi"]);
const UNSPACED =
  /[\p{Script=Bopomofo}\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Khmer}\p{Script=Lao}\p{Script=Myanmar}\p{Script=Thai}\p{Script=Tibetan}\u3000-\u303f\u30a0\u30fb\u30fc\uff01-\uff0f\uff1a-\uff20\uff3b-\uff40\uff5b-\uff9f]/u;
const DIGIT = /\p{Nd}/u;
const NO_LETTER_OR_DIGIT = /^[\p{P}\p{S}\p{Z}\p{C}]$/u;
const CLOSING_CATEGORIES = /^[\p{Pe}\p{Pf}\p{M}]$/u;
const OTHER_PUNCTUATION = /^\p{Po}$/u;
const NEUTRAL_MARKS = "¿¡#@&*\\†‡§¶※\"'";
/** Characters beside closing punctuation that belong to what precedes them. */
const NEVER_FIRST =
  "ーぁぃぅぇぉっゃゅょゎゕゖァィゥェォッャュョヮヵヶㇰㇱㇲㇳㇴㇵㇶㇷㇸㇹㇺㇻㇼㇽㇾㇿｰｧｨｩｪｫｬｭｮｯﾞﾟ々〻ゝゞヽヾ〜～–—-°℃ะาำๅๆฯະາຳຽໆຯៗ";
/** Closing marks that come before a word as well. */
const MAY_START_WORD = /^[-–—.…”’»]+/u;
const SPACED_WORD_CHARACTER = /^[\p{L}\p{M}\p{N}\p{Cf}]/u;

/**
 * @param {string | null} language
 * @returns {string} a space, or nothing for a language written without spaces
 */
export function wordSeparator(language) {
  return language !== null && WITHOUT_SPACES.has(language) ? "" : " ";
}

/**
 * @param {string | null} language
 * @returns {"rtl" | "ltr" | "auto"} the direction that the language is written in
 */
export function directionOf(language) {
  if (language === null) return "auto";
  return RIGHT_TO_LEFT.has(language) ? "rtl" : "ltr";
}

/**
 * @param {{text: string, language: string | null}} previous
 * @param {{text: string, language: string | null}} segment that follows in the paragraph
 * @returns {string} what is written between the two
 */
export function separatorBetween(previous, segment) {
  const separator = startsWithClosing(segment.text) ? "" : sentenceSeparator(previous);
  return separator || wordSeparator(segment.language);
}

/** @param {{text: string, language: string | null}} previous */
function sentenceSeparator({ text, language }) {
  if (language === null || !WITHOUT_SPACES_BETWEEN_SENTENCES.has(language)) return " ";
  return endsUnspaced(text) ? "" : " ";
}

/** @param {string} text */
function endsUnspaced(text) {
  for (const character of [...text].reverse()) {
    if (UNSPACED.test(character) && !DIGIT.test(character)) return true;
    if (!NO_LETTER_OR_DIGIT.test(character)) return false;
  }
  return false;
}

/** @param {string} text */
function startsWithClosing(text) {
  const rest = text.replace(MAY_START_WORD, "");
  if (rest !== text && SPACED_WORD_CHARACTER.test(rest) && !UNSPACED.test([...rest][0])) return false;
  const [first] = text;
  if (first === undefined) return false;
  if (OTHER_PUNCTUATION.test(first)) return !NEUTRAL_MARKS.includes(first);
  return CLOSING_CATEGORIES.test(first) || NEVER_FIRST.includes(first);
}

/**
 * @param {string} text
 * @param {string[]} words
 * @param {string} separator
 * @returns {string[]} the text cut before each word but the first; if the text does not consist of
 *   the words, each word followed by the separator
 */
export function cutAtWords(text, words, separator) {
  const starts = [];
  let position = 0;
  for (const word of words) {
    const start = text.indexOf(word, position);
    if (start < 0) return words.map((each) => each + separator);
    starts.push(start);
    position = start + word.length;
  }
  const borders = [0, ...starts.slice(1), text.length];
  return words.map((_, index) => text.slice(borders[index], borders[index + 1]));
}
