// Takes photos in with sharp: a path on each line in; CPU and wall milliseconds and the length of the JPEG out, or why not.
// An argument sets how many threads libvips may use; without one it is sharp's own choice.
const fs = require('fs');
const sharp = require('sharp');
sharp.cache(false);
if (process.argv[2]) sharp.concurrency(Number(process.argv[2]));
const input = require('readline').createInterface({ input: process.stdin });
(async () => {
  for await (const path of input) {
    const file = fs.readFileSync(path);
    const cpu = process.cpuUsage();
    const start = process.hrtime.bigint();
    try {
      const jpeg = await sharp(file)
        .rotate()
        .resize(1536, 1536, { fit: 'inside', withoutEnlargement: true })
        .flatten({ background: '#fff' })
        .jpeg({ quality: 90 })
        .toBuffer();
      const wall = Number(process.hrtime.bigint() - start) / 1e6;
      const used = process.cpuUsage(cpu);
      console.log(`${(used.user + used.system) / 1e3} ${wall} ${jpeg.length}`);
    } catch (error) {
      console.log(String(error).split('\n')[0]);
    }
  }
})();
