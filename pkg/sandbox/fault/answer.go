package fault

import (
	"bytes"
	"io"
	"net"
	"net/http"
	"strconv"
	"time"

	"github.com/riva-prep/riva-prep/pkg/sandbox/rawjson"
	"github.com/riva-prep/riva-prep/pkg/sandbox/wire"
)

// answer keeps what the handler answered until a fault was played on it.
type answer struct {
	header http.Header
	status int
	sent   bool
	body   bytes.Buffer
}

func (a *answer) Header() http.Header { return a.header }

func (a *answer) WriteHeader(status int) {
	if !a.sent {
		a.status, a.sent = status, true
	}
}

func (a *answer) Write(data []byte) (int, error) {
	a.WriteHeader(http.StatusOK)
	return a.body.Write(data)
}

// good says whether the request was carried out.
func (a *answer) good() bool { return a.status/100 == 2 }

// object is the body, if it is one JSON object under a good status.
func (a *answer) object() (rawjson.Object, bool) {
	if !a.good() || a.body.Len() == 0 {
		return nil, false
	}
	o, err := rawjson.Parse(a.body.Bytes())
	return o, err == nil
}

// with replaces the body.
func (a *answer) with(body []byte) *answer {
	a.body.Reset()
	a.body.Write(body)
	return a
}

func (a *answer) send(w http.ResponseWriter) bool {
	a.head(w)
	// A client that went away has no use for the answer.
	_, _ = w.Write(a.body.Bytes())
	return true
}

func (a *answer) head(w http.ResponseWriter) {
	for name, values := range a.header {
		w.Header()[name] = values
	}
	w.WriteHeader(a.status)
}

// half sends the head, with the whole length, and half of the body.
func (a *answer) half(w http.ResponseWriter) (rest []byte) {
	body := a.body.Bytes()
	a.header.Set("Content-Length", strconv.Itoa(len(body)))
	a.head(w)
	_, _ = w.Write(body[:len(body)/2])
	// A writer that cannot flush sends everything at the end.
	_ = http.NewResponseController(w).Flush()
	return body[len(body)/2:]
}

// abort ends the connection without another byte. Where the connection can be
// had it is reset, elsewhere (HTTP/2, in this process) the server is told to.
func abort(w http.ResponseWriter) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	if secure, ok := conn.(interface{ NetConn() net.Conn }); ok {
		conn = secure.NetConn()
	}
	if tcp, ok := conn.(*net.TCPConn); ok {
		// Without lingering, closing is a reset; if that fails it still closes.
		_ = tcp.SetLinger(0)
	}
	_ = conn.Close()
}

// refuse answers with an error as Graph words it, in the dialect of the path.
func (t *turn) refuse(fail wire.Fail, todo bool) bool {
	root := "https://" + t.r.Host + "/" + wire.Version
	request := &wire.Request{Root: root, Todo: todo, Now: t.player.now, RequestID: "00000000-0000-4000-8000-00000000fa17"}
	return t.answerWith(request.Refuse(&fail))
}

func (t *turn) answerWith(a wire.Answer) bool {
	h := t.w.Header()
	for name, values := range a.Header {
		h[name] = values
	}
	h.Set("Date", t.player.now().UTC().Format(http.TimeFormat))
	if len(a.Body) > 0 {
		h.Set("Content-Type", a.ContentType)
	}
	t.w.WriteHeader(a.Status)
	_, _ = t.w.Write(a.Body)
	return true
}

// drain reads the request's body, which a server does before it answers.
func (t *turn) drain() {
	if t.r.Body != nil {
		_, _ = io.Copy(io.Discard, t.r.Body)
	}
}

// pause waits, unless the client goes away before that.
func (t *turn) pause(d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-t.r.Context().Done():
	}
}
