package box

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	abstractions "github.com/microsoft/kiota-abstractions-go"

	"github.com/riva-prep/riva-prep/pkg/graph/ask"
	"github.com/riva-prep/riva-prep/pkg/graph/upload"
	"github.com/riva-prep/riva-prep/pkg/graph/wire"
	"github.com/riva-prep/riva-prep/pkg/item"
	"github.com/riva-prep/riva-prep/pkg/jsonwalk"
	"github.com/riva-prep/riva-prep/pkg/mailbox"
)

// sessionSize is from where on a content goes through an upload session, in
// bytes (Graph docs, outlook-large-attachments and todo-attachments).
const sessionSize = 3 << 20

// Attach adds an attachment with its content. When it breaks off, what is
// attached tells what came of it: an unfinished session leaves nothing behind.
func (b *box) Attach(ctx context.Context, it item.Item, attachment json.RawMessage) error {
	if err := b.attach(ctx, it, attachment); err != nil {
		return fmt.Errorf("attach something to an item of %s: %w", it.Kind, err)
	}
	return nil
}

func (b *box) attach(ctx context.Context, it item.Item, attachment json.RawMessage) error {
	if err := open(it.Folder); err != nil {
		return err
	}
	file, content, err := readFile(attachment)
	if err != nil {
		return err
	}
	if len(content) < sessionSize {
		err := b.attachments(ctx, it).Carrying(abstractions.POST, attachment).Discard(ctx)
		if len(content) == 0 || !ask.Answered(err, http.StatusRequestEntityTooLarge) {
			return err
		}
	}
	return b.attachInPieces(ctx, it, file, content)
}

// attachmentFile is what a session is told of a file.
type attachmentFile struct {
	Type        string `json:"attachmentType"`
	Name        string `json:"name"`
	Size        int    `json:"size"`
	ContentType string `json:"contentType,omitempty"`
	Inline      bool   `json:"isInline,omitempty"`
	ContentID   string `json:"contentId,omitempty"`
}

// readFile reads an attachment that is a file; content is nil for an attached
// item, which goes as it is. The address of a reference is not in v1.0, so one
// cannot be made.
func readFile(attachment json.RawMessage) (attachmentFile, []byte, error) {
	text, rest, err := contentOf(attachment)
	if err != nil {
		return attachmentFile{}, nil, err
	}
	a := struct {
		Type string `json:"@odata.type"`
		*attachmentFile
	}{attachmentFile: &attachmentFile{}}
	if json.Unmarshal(rest, &a) != nil {
		return attachmentFile{}, nil, errNoAttachment
	}
	if strings.EqualFold(a.Type, "#microsoft.graph.referenceAttachment") {
		return attachmentFile{}, nil, fmt.Errorf("a link to a file in the cloud cannot be made again: %w", errors.ErrUnsupported)
	}
	content := make([]byte, base64.StdEncoding.DecodedLen(len(text)))
	n, err := base64.StdEncoding.Decode(content, text)
	if err != nil {
		return attachmentFile{}, nil, errors.New("the attachment's content is not base64")
	}
	a.attachmentFile.Type, a.Size = "file", n
	return *a.attachmentFile, content[:n], nil
}

var errNoAttachment = errors.New("the attachment is not one")

// contentOf parts an attachment into the text of its content, which is long, and
// an object of all else.
func contentOf(attachment json.RawMessage) (content, rest []byte, err error) {
	var others jsonwalk.Object
	err = jsonwalk.Members(attachment, func(name, value []byte) error {
		if string(name) == "contentBytes" {
			content, err = unquoted(value)
			return err
		}
		others.Add(name, value)
		return nil
	})
	if err != nil {
		return nil, nil, errNoAttachment
	}
	return content, others.Bytes(), nil
}

// unquoted is the text of a value; null has none.
func unquoted(value []byte) ([]byte, error) {
	if value[0] == '"' && bytes.IndexByte(value, '\\') < 0 {
		return value[1 : len(value)-1], nil
	}
	var text string
	err := json.Unmarshal(value, &text)
	return []byte(text), err
}

// attachInPieces sends a content through a session: an event's to another host,
// a task's to Graph itself.
func (b *box) attachInPieces(ctx context.Context, it item.Item, file attachmentFile, content []byte) error {
	session, err := ask.One[struct {
		Address string `json:"uploadUrl"`
	}](ctx, b.newSession(it, file).Opening())
	if err != nil {
		return fmt.Errorf("open an upload session: %w", err)
	}
	put := b.putElsewhere(session.Address)
	if it.Kind == item.Tasks {
		put = b.putHere(session.Address)
	}
	err = upload.Pieces(ctx, content, put)
	if errors.Is(err, upload.ErrOver) || errors.Is(err, mailbox.ErrGone) {
		return fmt.Errorf("%w: the upload session is over, and nothing is attached: %v", mailbox.ErrBusy, err) //nolint:errorlint // the session is gone, not the item
	}
	return err
}

func (b *box) newSession(it item.Item, file attachmentFile) *ask.Call {
	if it.Kind == item.Tasks {
		return b.template("users/{user}/todo/lists/{list}/tasks/{task}/attachments/createUploadSession", "user", b.account.ID, "list", it.Folder.ID, "task", it.ID).
			Carrying(abstractions.POST, map[string]any{"attachmentInfo": attachmentFile{
				Type: file.Type, Name: file.Name, Size: file.Size, ContentType: file.ContentType,
			}})
	}
	return b.template("users/{user}/calendars/{calendar}/events/{event}/attachments/createUploadSession", "user", b.account.ID, "calendar", it.Folder.ID, "event", it.ID).
		Carrying(abstractions.POST, map[string]any{"AttachmentItem": file})
}

// putElsewhere sends pieces to a host that is not Graph's, without the token.
func (b *box) putElsewhere(address string) upload.Put {
	return func(ctx context.Context, header http.Header, piece []byte, read func(*http.Response) error) error {
		return b.Door.Do(ctx, upload.Request{
			Method: http.MethodPut, Name: "upload address", Address: address, Gate: b.gate, Header: header, Body: piece,
		}, read)
	}
}

// putHere sends pieces to Graph, with the token.
func (b *box) putHere(address string) upload.Put {
	return func(ctx context.Context, header http.Header, piece []byte, read func(*http.Response) error) error {
		at, err := url.Parse(address)
		if err != nil { // err would show the address
			return fmt.Errorf("the upload address is none: %w", wire.ErrForeignHost)
		}
		return b.Calls.At(b.gate, at.JoinPath("content"), "upload address").
			Sending(abstractions.PUT, header.Get("Content-Type"), piece).
			Header("Content-Range", header.Get("Content-Range")).Answer(ctx, read)
	}
}
