// Everything that the official Node SDK can do, told as one JSON object.
const fs = require("fs");
const tinify = require("tinify");

const { TINIFY_KEY, PICTURE_URL } = process.env;

async function told(source) {
  const result = source.result();
  const data = await result.toBuffer();
  return {
    type: await result.mediaType(),
    extension: await result.extension(),
    size: await result.size(),
    bytes: data.length,
    width: await result.width(),
    height: await result.height(),
  };
}

async function failed(work) {
  try {
    await work();
    return null;
  } catch (error) {
    return { kind: error.constructor.name, status: error.status, message: error.message };
  }
}

async function main() {
  const all = {};
  tinify.key = "opt_" + "w".repeat(43);
  all.badKey = await failed(() => tinify.validate());
  tinify.key = TINIFY_KEY;
  await tinify.validate();
  all.countBefore = tinify.compressionCount;

  const photo = fs.readFileSync("photo.jpg");
  const source = tinify.fromBuffer(photo);
  all.buffer = await told(source);
  all.countAfter = tinify.compressionCount;
  await tinify.fromFile("photo.jpg").toFile("small.jpg");
  all.file = fs.readFileSync("small.jpg").length;
  all.url = await told(tinify.fromUrl(PICTURE_URL));
  all.scale = await told(source.resize({ method: "scale", height: 20 }));
  all.fit = await told(source.resize({ method: "fit", width: 60, height: 60 }));
  all.cover = await told(source.resize({ method: "cover", width: 60, height: 60 }));
  all.thumb = await told(source.resize({ method: "thumb", width: 30, height: 60 }));
  all.preserve = await told(source.preserve("copyright", "location"));
  all.convert = await told(
    source.convert({ type: ["image/webp", "image/png"] }).transform({ background: "white" })
  );
  all.any = await told(source.convert({ type: "*/*" }));
  all.store = await failed(() => source.store({ service: "s3", path: "a/b.png" }).location());
  all.noPicture = await failed(() => tinify.fromBuffer(Buffer.from("no picture")).toBuffer());
  process.stdout.write(JSON.stringify(all));
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
