// What a frontend developer would write: node:http, a write for each event.
import { createServer } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";

const EVENT = "data: twenty bytes of it\n\n";

createServer((request, response) => {
  let body = "";
  request.on("data", (data) => (body += data));
  request.on("end", async () => {
    const { chunks, every = 0 } = JSON.parse(body);
    response.writeHead(200, { "content-type": "text/event-stream" });
    for (let index = 0; index < chunks && !response.destroyed; index++) {
      if (every && index) await sleep(every * 1000);
      response.write(EVENT);
    }
    response.end();
  });
}).listen({ port: 0, host: "127.0.0.1", backlog: 4096 }, function () {
  console.log(this.address().port);
});
