package sandbox

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strconv"
	"syscall"
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
// real service would. A handler that aborts breaks the connection, as far as
// the client can tell.
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
	rec := &recorder{request: req, header: http.Header{}, status: http.StatusOK, done: make(chan reply, 1)}
	go rec.serve(t.handler, served)
	select {
	case got := <-rec.done:
		return got.response, got.err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// reply is what RoundTrip returns.
type reply struct {
	response *http.Response
	err      error
}

// recorder keeps an answer until it is whole, or until the handler flushes:
// from then on the client reads what the handler writes.
type recorder struct {
	request *http.Request
	header  http.Header
	status  int
	sent    bool
	body    bytes.Buffer
	stream  *io.PipeWriter
	done    chan reply
}

// serve lets the handler answer, and turns its abort into a broken connection.
func (r *recorder) serve(handler http.Handler, served *http.Request) {
	defer func() {
		cause := recover()
		err, ok := cause.(error)
		switch {
		case cause == nil:
			r.end(nil)
		case ok && errors.Is(err, http.ErrAbortHandler):
			r.end(io.ErrUnexpectedEOF)
		default:
			panic(cause)
		}
	}()
	handler.ServeHTTP(r, served)
}

func (r *recorder) Header() http.Header { return r.header }

func (r *recorder) WriteHeader(status int) {
	if !r.sent {
		r.status, r.sent = status, true
	}
}

func (r *recorder) Write(data []byte) (int, error) {
	r.WriteHeader(http.StatusOK)
	if r.stream == nil {
		return r.body.Write(data)
	}
	if err := r.request.Context().Err(); err != nil { // nobody reads on, whoever woke first
		return 0, errors.Join(err, r.stream.CloseWithError(err))
	}
	return r.stream.Write(data)
}

// Flush hands the answer over as far as it goes.
func (r *recorder) Flush() {
	if r.stream != nil {
		return
	}
	r.WriteHeader(http.StatusOK)
	reader, writer := io.Pipe()
	r.stream = writer
	ctx := r.request.Context()
	stop := context.AfterFunc(ctx, func() { writer.CloseWithError(ctx.Err()) })
	length, err := strconv.ParseInt(r.header.Get("Content-Length"), 10, 64)
	if err != nil {
		length = -1
	}
	head := bytes.NewReader(bytes.Clone(r.body.Bytes()))
	r.done <- reply{response: r.response(&streamed{io.MultiReader(head, reader), reader, stop}, length)} //nolint:bodyclose // the caller of RoundTrip closes it
}

// streamed is a body that is still being written.
type streamed struct {
	io.Reader
	pipe *io.PipeReader
	stop func() bool
}

func (s *streamed) Close() error {
	s.stop()
	return s.pipe.Close()
}

// end finishes the answer; err is why it is not whole.
func (r *recorder) end(err error) {
	switch {
	case r.stream != nil:
		r.stream.CloseWithError(cmp.Or(r.request.Context().Err(), err))
	case err != nil:
		r.done <- reply{err: &net.OpError{Op: "read", Net: "tcp", Err: syscall.ECONNRESET}}
	default:
		r.done <- reply{response: r.response(io.NopCloser(&r.body), int64(r.body.Len()))} //nolint:bodyclose // as above
	}
}

func (r *recorder) response(body io.ReadCloser, length int64) *http.Response {
	return &http.Response{
		Status:     http.StatusText(r.status),
		StatusCode: r.status, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: r.header, Body: body, ContentLength: length, Request: r.request,
	}
}
