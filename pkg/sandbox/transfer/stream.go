package transfer

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"slices"

	"github.com/riva-prep/riva-prep/pkg/sandbox/rawjson"
	"github.com/riva-prep/riva-prep/pkg/sandbox/tenant"
)

// magic begins every stream; it changes when the form does.
const magic = "RIVASBX2"

// errStream says that bytes are no stream, or were changed.
var errStream = errors.New("the data is not a stream that was exported, or was changed")

// Pack makes the stream of an item: everything the sandbox holds of it, in
// base64. It is for nobody to read.
func Pack(it tenant.Item) string {
	body := rawjson.Of("kind", it.Kind, "body", it.Body)
	sum := sha256.Sum256(body)
	return base64.StdEncoding.EncodeToString(slices.Concat([]byte(magic), sum[:], body))
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
	text := rest[sha256.Size:]
	if sum := sha256.Sum256(text); !bytes.Equal(sum[:], rest[:sha256.Size]) {
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
