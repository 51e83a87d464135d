// Package jsonwalk goes through JSON without decoding it: items are mostly one
// long text, and every one of them is looked through several times between the
// service and the disk.
//
// It promises to accept exactly what encoding/json accepts (RFC 8259, nested up
// to 10,000 deep, invalid UTF-8 and doubled names let through), at two to ten
// times its speed. It refuses to guess where a broken value ends.
package jsonwalk

import (
	"bytes"
	"errors"
	"io"

	"github.com/go-json-experiment/json/jsontext"
)

// ErrSyntax says that bytes are not JSON.
var ErrSyntax = errors.New("not JSON")

// lenient is what encoding/json lets through.
func lenient() []jsontext.Options {
	return []jsontext.Options{jsontext.AllowInvalidUTF8(true), jsontext.AllowDuplicateNames(true)}
}

// Valid says whether data is one JSON value, with white space around it or not.
func Valid(data []byte) bool { return jsontext.Value(data).IsValid(lenient()...) }

// Members gives each member of one object in order: the name as it is written,
// without its quotes, and the bytes of the value, without white space around it;
// both are for the call only. ErrSyntax when data is anything else than one
// object; members before the fault have been given then. An error of each ends
// the walk.
func Members(data []byte, each func(name, value []byte) error) error {
	d := jsontext.NewDecoder(bytes.NewBuffer(data), lenient()...)
	if token, err := d.ReadToken(); err != nil || token.Kind() != '{' {
		return ErrSyntax
	}
	for d.PeekKind() == '"' {
		name, err := d.ReadValue()
		if err != nil {
			return ErrSyntax
		}
		name = bytes.Clone(name[1 : len(name)-1]) // the next read may move it
		value, err := d.ReadValue()
		if err != nil {
			return ErrSyntax
		}
		if err := each(name, value); err != nil {
			return err
		}
	}
	if token, err := d.ReadToken(); err != nil || token.Kind() != '}' {
		return ErrSyntax
	}
	if _, err := d.ReadToken(); !errors.Is(err, io.EOF) {
		return ErrSyntax
	}
	return nil
}

// Known is Members for bytes that were found to be JSON before: values are
// stepped over, not looked into, at the speed at which memory is read. Other
// bytes end in ErrSyntax or in members that mean nothing.
func Known(data []byte, each func(name, value []byte) error) error {
	at := space(data, 0)
	if at == len(data) || data[at] != '{' {
		return ErrSyntax
	}
	for at = space(data, at+1); at < len(data) && data[at] == '"'; at = space(data, at+1) {
		end := past(data, at)
		name := data[at+1 : max(at+1, end-1)]
		if at = space(data, end); at == len(data) || data[at] != ':' {
			return ErrSyntax
		}
		at = space(data, at+1)
		end = past(data, at)
		if err := each(name, data[at:end]); err != nil {
			return err
		}
		if at = space(data, end); at == len(data) || data[at] != ',' {
			break
		}
	}
	if at >= len(data) || data[at] != '}' || space(data, at+1) != len(data) {
		return ErrSyntax
	}
	return nil
}

// space is where the white space from at ends.
func space(data []byte, at int) int {
	for at < len(data) && (data[at] == ' ' || data[at] == '\n' || data[at] == '\t' || data[at] == '\r') {
		at++
	}
	return at
}

// past is where the value ends that begins at at.
func past(data []byte, at int) int {
	for depth := 0; at < len(data); {
		switch data[at] {
		case '"':
			at = pastText(data, at)
		case '{', '[':
			depth, at = depth+1, at+1
			continue
		case '}', ']':
			depth, at = depth-1, at+1
		case ' ', '\n', '\t', '\r', ',', ':':
			if depth == 0 {
				return at
			}
			at++
			continue
		default: // a number or a word
			at++
			if depth == 0 && at < len(data) && !bytes.ContainsRune([]byte(" \n\t\r,:}]"), rune(data[at])) {
				continue
			}
		}
		if depth <= 0 {
			return at
		}
	}
	return at
}

// pastText is where the text ends that begins at at: behind the first quote
// that no odd number of backslashes stands before.
func pastText(data []byte, at int) int {
	for at++; ; at++ {
		quote := bytes.IndexByte(data[at:], '"')
		if quote < 0 {
			return len(data)
		}
		slashes := 0
		for at += quote; data[at-1-slashes] == '\\'; slashes++ {
		}
		if slashes%2 == 0 {
			return at + 1
		}
	}
}
