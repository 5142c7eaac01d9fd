// Loaded before a program (node --require): the official SDK speaks https to an address of its
// own, and the server of a test speaks http. Nothing of the SDK itself is changed.
const http = require("http");
const https = require("https");

https.request = (options, answered) => http.request(options, answered);
require("tinify/lib/tinify/Client").default.API_ENDPOINT = process.env.TINIFY_ENDPOINT;
