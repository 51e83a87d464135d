// Package stream reads what Exchange answers to an export of items.
//
// It promises a stream or an error for each item that was asked for, in that
// order: an answer that is missing, that comes twice or that is not what it
// should be is that item's error, and never another item's stream.
package stream

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/riva-prep/riva-prep/pkg/mailbox"
)

// answer lists the members of an exportItemResponse that are read.
type answer struct {
	ID    string  `json:"itemId"`
	Data  *string `json:"data"`
	Error *struct {
		Code string `json:"code"`
	} `json:"error"`
}

// Parse reads the answer to exportItems.
func Parse(raw []byte, ids []string) ([]mailbox.Stream, error) {
	var got struct {
		Value []answer `json:"value"`
	}
	if err := json.Unmarshal(raw, &got); err != nil || got.Value == nil {
		return nil, fmt.Errorf("%w: the answer to an export is not one", mailbox.ErrIncomplete)
	}
	answers := map[string][]answer{}
	for _, a := range got.Value {
		answers[a.ID] = append(answers[a.ID], a)
	}
	streams := make([]mailbox.Stream, len(ids))
	for i, id := range ids {
		streams[i] = mailbox.Stream{ID: id}
		streams[i].Data, streams[i].Err = data(answers[id])
	}
	return streams, nil
}

// data is the stream in the answers to one id.
func data(answers []answer) ([]byte, error) {
	if len(answers) != 1 {
		return nil, fmt.Errorf("%w: %d answers about one item", mailbox.ErrIncomplete, len(answers))
	}
	a := answers[0]
	switch {
	case a.Error != nil:
		return nil, meaning(a.Error.Code)
	case a.Data == nil || *a.Data == "":
		return nil, fmt.Errorf("%w: a stream without content", mailbox.ErrIncomplete)
	}
	// The decoder passes over line breaks, which have no place here.
	content, err := base64.StdEncoding.Strict().DecodeString(*a.Data)
	if err != nil || strings.ContainsAny(*a.Data, "\r\n") {
		return nil, fmt.Errorf("%w: a stream that is not base64", mailbox.ErrIncomplete)
	}
	return content, nil
}

// meaning is an error of the service's about one item.
func meaning(code string) error {
	if strings.EqualFold(code, "ErrorItemNotFound") {
		return fmt.Errorf("%w: Exchange knows no item to export by this id", mailbox.ErrGone)
	}
	return errors.New("Exchange cannot export it: " + word(code)) //nolint:staticcheck // a name
}

// word leaves of a code what codes are made of.
func word(code string) string {
	plain := func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' {
			return r
		}
		return -1
	}
	if code = strings.Map(plain, code); code == "" {
		return "no reason given"
	}
	return code[:min(len(code), 80)]
}
