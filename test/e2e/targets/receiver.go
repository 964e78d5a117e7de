package main

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"
)

type FileUploaded struct {
	FileID string `json:"fileId"`
	Bytes  string `json:"bytes"`
}

var secret, _ = base64.StdEncoding.DecodeString(strings.TrimPrefix(os.Getenv("FIVEFOLD_SIGNING_SECRET_THUMBNAILS"), "whsec_"))

func isOurs(header http.Header, body []byte) bool {
	id, at := header.Get("webhook-id"), header.Get("webhook-timestamp")
	seconds, err := strconv.ParseInt(at, 10, 64)
	if err != nil || math.Abs(float64(time.Now().Unix()-seconds)) > 300 {
		return false
	}
	mac := hmac.New(sha256.New, secret)
	fmt.Fprintf(mac, "%s.%s.%s", id, at, body)
	expected := "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil))
	for _, signature := range strings.Fields(header.Get("webhook-signature")) {
		if hmac.Equal([]byte(signature), []byte(expected)) {
			return id == "make-thumbnail/default/"+header.Get("ce-id")
		}
	}
	return false
}

func handle(event FileUploaded, attempt int) (int, string) {
	line, _ := json.Marshal([]any{event.FileID, event.Bytes, attempt})
	fmt.Println(string(line))
	if event.FileID == "rejected" {
		return 422, "never"
	}
	if event.FileID == "busy" && attempt < 3 {
		return 503, "again"
	}
	return 204, ""
}

func main() {
	outcomes := map[int]string{204: "done", 422: "reject", 503: "retry"}
	http.HandleFunc("/events", func(response http.ResponseWriter, request *http.Request) {
		body, err := io.ReadAll(http.MaxBytesReader(response, request.Body, 8<<20))
		if err != nil || !isOurs(request.Header, body) {
			http.Error(response, "the signature is not ours", 401)
			return
		}
		var event FileUploaded
		if json.Unmarshal(body, &event) != nil {
			http.Error(response, "no event", 422)
			return
		}
		attempt, _ := strconv.Atoi(request.Header.Get("fivefold-attempt"))
		status, text := handle(event, attempt)
		// Says that this is the handler's word on the task, and tells nothing against this host.
		response.Header().Set("fivefold-outcome", outcomes[status])
		response.WriteHeader(status)
		io.WriteString(response, text)
	})
	listener, _ := net.Listen("tcp", "127.0.0.1:0")
	fmt.Println(listener.Addr().(*net.TCPAddr).Port)
	http.Serve(listener, nil)
}
