package transfer

import (
	"bytes"
	"compress/flate"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"io"

	"github.com/riva-prep/riva-prep/pkg/sandbox/rawjson"
	"github.com/riva-prep/riva-prep/pkg/sandbox/tenant"
)

// magic begins every stream; it changes when the form does.
const magic = "RIVASBX1"

// errStream says that bytes are no stream, or were changed.
var errStream = errors.New("the data is not a stream that was exported, or was changed")

// Pack makes the stream of an item: everything the sandbox holds of it, in
// base64. It is for nobody to read.
func Pack(it tenant.Item) (string, error) { return new(Service).pack(it) }

func (s *Service) pack(it tenant.Item) (string, error) {
	var packed bytes.Buffer
	w, err := s.writer(&packed)
	if err != nil {
		return "", err
	}
	if _, err := w.Write(rawjson.Of("kind", it.Kind, "body", it.Body)); err != nil {
		return "", err
	}
	if err := w.Close(); err != nil {
		return "", err
	}
	s.spare.Put(w)
	sum := sha256.Sum256(packed.Bytes())
	return base64.StdEncoding.EncodeToString(append(append([]byte(magic), sum[:]...), packed.Bytes()...)), nil
}

// writer is one that was used before, or a new one.
func (s *Service) writer(to io.Writer) (*flate.Writer, error) {
	if w, ok := s.spare.Get().(*flate.Writer); ok {
		w.Reset(to)
		return w, nil
	}
	return flate.NewWriter(to, flate.BestSpeed)
}

// Unpack reads a stream. It refuses any that Pack did not make.
func Unpack(data string) (kind tenant.Kind, body rawjson.Object, err error) {
	raw, err := base64.StdEncoding.Strict().DecodeString(data)
	if err != nil || base64.StdEncoding.EncodeToString(raw) != data {
		return "", nil, errStream
	}
	rest, ok := bytes.CutPrefix(raw, []byte(magic))
	if !ok || len(rest) < sha256.Size {
		return "", nil, errStream
	}
	packed := rest[sha256.Size:]
	if sum := sha256.Sum256(packed); !bytes.Equal(sum[:], rest[:sha256.Size]) {
		return "", nil, errStream
	}
	text, err := io.ReadAll(flate.NewReader(bytes.NewReader(packed)))
	if err != nil {
		return "", nil, errStream
	}
	doc, err := rawjson.Parse(text)
	if err != nil {
		return "", nil, errStream
	}
	kind = tenant.Kind(doc.Text("kind"))
	if _, known := classes[kind]; !known {
		return "", nil, errStream
	}
	return kind, doc.Object("body"), nil
}
