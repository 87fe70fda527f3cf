// Finds the files in what is dropped onto the page or chosen, also those in folders.

/**
 * @typedef {object} Found
 * @property {File} file
 * @property {string} name with the folders in which it was dropped
 */

/** What a computer keeps in folders for itself. */
const HIDDEN = /(^|\/)(\.|Thumbs\.db$|desktop\.ini$)/;

/** @param {DataTransfer} transfer @returns {Promise<Found[]>} */
export async function droppedFiles(transfer) {
  const entries = [...transfer.items].map((item) => item.webkitGetAsEntry?.() ?? null);
  if (entries.every((entry) => entry === null)) return chosenFiles([...transfer.files]);
  const found = [];
  for (const entry of entries) {
    if (entry !== null) found.push(...await filesIn(entry));
  }
  return found.filter(({ name }) => !HIDDEN.test(name));
}

/** @param {File[]} files @returns {Found[]} */
export function chosenFiles(files) {
  return files.map((file) => ({ file, name: file.webkitRelativePath || file.name }));
}

/** @param {FileSystemEntry} entry @returns {Promise<Found[]>} */
async function filesIn(entry) {
  const name = entry.fullPath.replace(/^\//, "");
  if (entry.isFile) {
    const file = await new Promise((resolve, reject) =>
      /** @type {FileSystemFileEntry} */ (entry).file(resolve, reject));
    return [{ file, name }];
  }
  const reader = /** @type {FileSystemDirectoryEntry} */ (entry).createReader();
  const found = [];
  for (;;) {
    const part = await new Promise((resolve, reject) => reader.readEntries(resolve, reject));
    if (part.length === 0) return found; // a reader gives a folder in parts
    for (const each of part) found.push(...await filesIn(each));
  }
}
