package sandbox

import (
	"bytes"
	"io"
	"net/http"
)

// Client is an HTTP client whose requests are answered in this process, at
// whatever host they name: no sockets, so it works in a synctest bubble.
func (s *Sandbox) Client() *http.Client {
	return &http.Client{
		Transport:     s.Transport(),
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// Transport answers requests in this process. A request whose context ends
// early gets the context's error, while the sandbox serves it to its end, as a
// real service would.
func (s *Sandbox) Transport() http.RoundTripper { return inProcess{s} }

type inProcess struct{ handler http.Handler }

func (t inProcess) RoundTrip(req *http.Request) (*http.Response, error) {
	ctx := req.Context()
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	served := req.Clone(ctx)
	if served.Host == "" {
		served.Host = req.URL.Host
	}
	served.RequestURI = req.URL.RequestURI()
	if req.Body != nil {
		body, err := io.ReadAll(req.Body)
		if err != nil {
			return nil, err
		}
		if err := req.Body.Close(); err != nil {
			return nil, err
		}
		served.Body = io.NopCloser(bytes.NewReader(body))
	} else {
		served.Body = http.NoBody
	}
	done := make(chan *http.Response, 1)
	go func() {
		rec := &recorder{header: http.Header{}, status: http.StatusOK}
		t.handler.ServeHTTP(rec, served)
		done <- rec.response(req) //nolint:bodyclose // the caller of RoundTrip closes it
	}()
	select {
	case response := <-done:
		return response, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// recorder keeps an answer until it is whole.
type recorder struct {
	header http.Header
	status int
	sent   bool
	body   bytes.Buffer
}

func (r *recorder) Header() http.Header { return r.header }

func (r *recorder) WriteHeader(status int) {
	if !r.sent {
		r.status, r.sent = status, true
	}
}

func (r *recorder) Write(data []byte) (int, error) {
	r.WriteHeader(http.StatusOK)
	return r.body.Write(data)
}

func (r *recorder) response(req *http.Request) *http.Response {
	return &http.Response{
		Status:     http.StatusText(r.status),
		StatusCode: r.status, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: r.header, Body: io.NopCloser(&r.body), ContentLength: int64(r.body.Len()), Request: req,
	}
}
