// Does with @google-cloud/storage what its users do, and prints the results as JSON.
//
//     node client.cjs BUCKET FOLDER [ENDPOINT]
//
// Without ENDPOINT the client finds the server by STORAGE_EMULATOR_HOST. The first failure ends it.
const { createWriteStream, readFileSync, writeFileSync } = require('node:fs');
const { Readable } = require('node:stream');
const { pipeline } = require('node:stream/promises');
const { Storage } = require('@google-cloud/storage');

const [bucketName, folder, apiEndpoint] = process.argv.slice(2);
const storage = new Storage({ projectId: 'test-project', ...(apiEndpoint && { apiEndpoint }) });
const bucket = storage.bucket(bucketName);
const recording = `${folder}/call.wav`;

async function uploads() {
  await bucket.upload(recording, { destination: 'default.wav' });
  await bucket.upload(recording, { destination: 'parts.wav', chunkSize: 256 * 1024 });
  await bucket.upload(recording, { destination: 'simple.wav', resumable: false });
  await bucket.upload(recording, { destination: 'packed.wav', gzip: true });
  await bucket.file('saved.txt').save('hello');
  const halves = [Buffer.alloc(300_000, 1), Buffer.alloc(300_000, 2)];
  await pipeline(Readable.from(halves), bucket.file('streamed.bin').createWriteStream());
  const metadata = { contentType: 'audio/wav', metadata: { language: 'de' } };
  await bucket.upload(recording, { destination: 'folder/described ü.wav', metadata });
}

async function sizes() {
  const [files] = await bucket.getFiles();
  return Object.fromEntries(files.map(file => [file.name, Number(file.metadata.size)]));
}

async function codeOf(promise) {
  try {
    await promise;
    return 'no error';
  } catch (error) {
    return Number(error.code ?? error.response?.status);
  }
}

async function downloads() {
  await bucket.file('default.wav').download({ destination: `${folder}/back.wav` });
  const [packed] = await bucket.file('packed.wav').download();
  const [range] = await bucket.file('default.wav').download({ start: 10, end: 19 });
  writeFileSync(`${folder}/packed-back.wav`, packed);
  const stream = bucket.file('streamed.bin').createReadStream();
  await pipeline(stream, createWriteStream(`${folder}/streamed-back.bin`));
  return {
    same: readFileSync(`${folder}/back.wav`).equals(readFileSync(recording)),
    unpackedSame: packed.equals(readFileSync(recording)),
    range: range.equals(readFileSync(recording).subarray(10, 20)),
    streamed: readFileSync(`${folder}/streamed-back.bin`).length,
  };
}

async function main() {
  const results = {};
  await uploads();
  results.sizes = await sizes();
  results.downloads = await downloads();

  const described = bucket.file('folder/described ü.wav');
  const [found] = await described.getMetadata();
  results.metadata = [found.contentType, found.metadata];
  const [changed] = await described.setMetadata({ metadata: { speakers: '2' } });
  results.changed = changed.metadata;

  const [yes] = await bucket.file('saved.txt').exists();
  const [no] = await bucket.file('missing').exists();
  const [bucketExists] = await bucket.exists();
  results.exists = [yes, no, bucketExists];
  const page = { prefix: 's', maxResults: 2, autoPaginate: false };
  const [files, nextQuery] = await bucket.getFiles(page);
  results.page = [files.map(file => file.name), Boolean(nextQuery.pageToken)];

  await bucket.file('saved.txt').copy('copy.txt');
  await bucket.file('copy.txt').move('moved.txt');
  await bucket.file('moved.txt').moveFileAtomic('moved again.txt');
  await bucket.combine(['saved.txt', 'moved again.txt'], 'combined.txt');
  results.combined = String((await bucket.file('combined.txt').download())[0]);
  await bucket.file('moved again.txt').delete();
  results.left = Object.keys(await sizes()).filter(name => /copy|moved/.test(name));

  const once = resumable => ({ resumable, preconditionOpts: { ifGenerationMatch: 0 } });
  results.refused = [
    await codeOf(bucket.file('saved.txt').save('x', once(true))),
    await codeOf(bucket.file('saved.txt').save('x', once(false))),
    await codeOf(bucket.file('saved.txt').delete({ ifGenerationMatch: 1 })),
    await codeOf(bucket.file('missing').getMetadata()),
    await codeOf(bucket.file('missing').download()),
  ];
  console.log(JSON.stringify(results));
}

main().catch(error => {
  console.error(error);
  process.exit(1);
});
