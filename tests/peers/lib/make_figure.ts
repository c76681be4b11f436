// A program on generated types makes a figure: make_figure URL PHOTO.jpg, with the API key in FIGURINE_API_KEY.
import { readFile } from "node:fs/promises";
import createClient from "openapi-fetch";
import type { paths } from "./figurine.js";

const [baseUrl, photo] = process.argv.slice(2);
if (baseUrl === undefined || photo === undefined) throw new Error("usage: make_figure URL PHOTO.jpg");
const headers = { authorization: `Bearer ${process.env.FIGURINE_API_KEY}` };
const figurine = createClient<paths>({ baseUrl, headers });

const { data: figure, error } = await figurine.POST("/v1/figures", {
  body: { image: { data: (await readFile(photo)).toString("base64") }, style: "anime" },
});
if (error !== undefined) throw new Error(`${error.code}: ${error.detail}`);
// The answer may be an image's bytes, too, were they asked for.
if (typeof figure !== "object") throw new Error("no figure");
const { data: image } = await figurine.GET("/v1/figures/{id}/images/{n}", {
  params: { path: { id: figure.id, n: 0 } },
  parseAs: "arrayBuffer",
});
if (image === undefined || Buffer.from(image).subarray(1, 4).toString() !== "PNG") throw new Error("no image");
const { response } = await figurine.DELETE("/v1/figures/{id}", { params: { path: { id: figure.id } } });
if (response.status !== 204) throw new Error(`deleted with ${response.status}`);
console.log(`openapi-typescript: ${figure.status}, ${image.byteLength} bytes`);
