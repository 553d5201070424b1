// One file on its way to the server, in pieces: what a lost connection costs is one of them.

const PAUSES = [1000, 2000, 4000, 8000, 15000]; // milliseconds before a piece is sent again
const REPEATABLE = new Set([0, 429, 500, 502, 503, 504]);

function words(html) {
  return new DOMParser().parseFromString(html, "text/html").body.textContent.trim();
}

export class Transfer {
  // where: {url, token, csrf, input}; told: {progress(bytes), offline(waiting)}
  constructor(file, where, pieceSize, told) {
    this.file = file;
    this.where = where;
    this.pieceSize = pieceSize;
    this.told = told;
    this.offset = 0;
    this.tries = 0;
  }

  // Resolves to true when all of it is there, to false where it was cancelled; throws the sentence that refuses it.
  async run() {
    do {
      const answer = await this.post();
      if (this.cancelled) return false;
      if (answer.status === 200) {
        this.offset = JSON.parse(answer.text).received;
        this.tries = 0;
      } else if (answer.status === 409) {
        const { received } = JSON.parse(answer.text);
        if (received === this.offset && received === this.file.size) return true; // The answer to the last piece was lost.
        this.offset = received;
      } else if (REPEATABLE.has(answer.status)) {
        await this.pause();
        if (this.cancelled) return false;
        continue;
      } else {
        throw new Error(answer.status === 422 ? words(answer.text) : "");
      }
      this.told.offline(false);
      this.told.progress(this.offset);
      this.ended = answer.status === 200 && this.offset === this.file.size;
    } while (!this.ended);
    return true;
  }

  cancel() {
    this.cancelled = true;
    this.request?.abort();
    this.wake?.();
  }

  post() {
    const { url, token, csrf, input } = this.where;
    const piece = this.file.slice(this.offset, this.offset + this.pieceSize);
    const request = (this.request = new XMLHttpRequest());
    request.open("POST", url);
    const headers = {
      "Content-Type": "application/octet-stream",
      "Upload-Offset": this.offset,
      "Upload-Length": this.file.size,
      "Upload-Name": encodeURIComponent(this.file.name.toWellFormed?.() ?? this.file.name),
      "Upload-Type": this.file.type,
      "Upload-Input": encodeURIComponent(input),
      "Upload-Token": token,
      "X-CSRFToken": csrf,
    };
    for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value);
    request.upload.onprogress = ({ loaded }) => this.told.progress(this.offset + Math.min(loaded, piece.size));
    return new Promise((resolve) => {
      request.onloadend = () => resolve({ status: request.status, text: request.responseText });
      request.send(piece);
    });
  }

  pause() {
    this.told.offline(true);
    const milliseconds = PAUSES[Math.min(this.tries++, PAUSES.length - 1)];
    return new Promise((resolve) => {
      const timer = setTimeout(() => this.wake(), milliseconds);
      this.wake = () => {
        clearTimeout(timer);
        removeEventListener("online", this.wake);
        resolve();
      };
      addEventListener("online", this.wake);
    });
  }
}
