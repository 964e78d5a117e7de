import base64, hashlib, hmac, json, os, sys, time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

SECRET = base64.b64decode(os.environ["FIVEFOLD_SIGNING_SECRET_THUMBNAILS"].removeprefix("whsec_"))


class Receiver(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        id, at = self.headers["webhook-id"], self.headers["webhook-timestamp"]
        expected = base64.b64encode(hmac.digest(SECRET, f"{id}.{at}.".encode() + body, hashlib.sha256)).decode()
        signatures = (self.headers["webhook-signature"] or "").split(" ")
        if abs(time.time() - int(at)) > 300 or not any(hmac.compare_digest(s, "v1," + expected) for s in signatures):
            return self.answer(401, "the signature is not ours")
        if id != f"make-thumbnail/default/{self.headers['ce-id']}":
            return self.answer(404, "a task of somebody else")
        status, text = handle(json.loads(body), int(self.headers["fivefold-attempt"]))
        self.answer(status, text)

    def answer(self, status, text=""):
        self.send_response(status)
        # Says that this is the handler's word on the task, and tells nothing against this host.
        if status in (204, 422, 503):
            self.send_header("fivefold-outcome", {204: "done", 422: "reject", 503: "retry"}[status])
        if status != 204:
            self.send_header("content-length", str(len(text.encode())))
        self.end_headers()
        if status != 204:
            self.wfile.write(text.encode())

    def log_message(self, *_):
        pass


def handle(event, attempt):
    print(json.dumps([event["fileId"], event["bytes"], attempt], separators=(",", ":")), flush=True)
    if event["fileId"] == "rejected":
        return 422, "never"
    if event["fileId"] == "busy" and attempt < 3:
        return 503, "again"
    return 204, ""


server = ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
print(server.server_port, flush=True)
server.serve_forever()
