// Goes on with a resumable upload that another program began, as @google-cloud/storage does.
//
//     node session.cjs BUCKET NAME FILE ADDRESS FIRST_BYTE
const { createReadStream } = require('node:fs');
const { pipeline } = require('node:stream/promises');
const { Storage } = require('@google-cloud/storage');

const [bucketName, name, path, uri, offset] = process.argv.slice(2);
const bucket = new Storage({ projectId: 'test-project' }).bucket(bucketName);
const options = { uri, offset: Number(offset), resumable: true, validation: false };

(async () => {
  const target = bucket.file(name).createWriteStream(options);
  await pipeline(createReadStream(path, { start: Number(offset) }), target);
})();
