package box

import (
	"errors"
	"testing"
)

func TestReadFile(t *testing.T) {
	const file, ref = `"@odata.type":"#microsoft.graph.fileAttachment"`, `"@odata.type":"#microsoft.graph.referenceAttachment"`
	for _, c := range []struct{ attachment, content, want string }{
		{`{` + file + `,"contentBytes":"YWJj","name":"f","isInline":true}`, "abc", ""},
		{`{"name":"f","isInline":true,"contentBytes":"Pz8\/",` + file + `}`, "???", ""},
		{`{"name":"f","isInline":true,"contentBytes":null}`, "", ""},
		{`{"name":"f","isInline":true}`, "", ""},
		{`{` + ref + `,"name":"f"}`, "", "a link to a file in the cloud cannot be made again: unsupported operation"},
		{`{` + file + `,"contentBytes":"YWJ"}`, "", "the attachment's content is not base64"},
		{`{` + file + `,"contentBytes":{}}`, "", "the attachment is not one"},
		{`{` + file + `,"contentBytes":"YWJj"`, "", "the attachment is not one"},
		{`{"name":1}`, "", "the attachment is not one"},
		{`[]`, "", "the attachment is not one"},
	} {
		got, content, err := readFile([]byte(c.attachment))
		if c.want != "" {
			if err == nil || err.Error() != c.want {
				t.Errorf("%s: %v, want %s", c.attachment, err, c.want)
			}
			continue
		}
		want := attachmentFile{Type: "file", Name: "f", Size: len(c.content), Inline: true}
		if err != nil || got != want || string(content) != c.content {
			t.Errorf("%s: %+v with %q, %v", c.attachment, got, content, err)
		}
	}
	if _, _, err := readFile([]byte(`{` + ref + `}`)); !errors.Is(err, errors.ErrUnsupported) {
		t.Errorf("a link ends with %v", err)
	}
}
