// Package jsonwalk goes through JSON without decoding it: items are mostly one
// long text, and every one of them is looked through several times between the
// service and the disk.
//
// It promises to accept exactly what encoding/json accepts (RFC 8259, nested up
// to 10,000 deep, invalid UTF-8 and doubled names let through), at several
// times its speed; only a Stream takes no name twice. It refuses to guess where a
// broken value ends.
package jsonwalk

import "bytes"

// Valid says whether data is one JSON value, with white space around it or not.
func Valid(data []byte) bool {
	end, err := (&scanner{data: data}).value(space(data, 0))
	return err == nil && space(data, end) == len(data)
}

// Members gives each member of one object in order: the name as it is written,
// without its quotes, and the bytes of the value, without white space around it;
// both are parts of data. ErrSyntax when data is anything else than one object;
// members before the fault have been given then. An error of each ends the walk.
func Members(data []byte, each func(name, value []byte) error) error {
	s := scanner{data: data}
	var stopped error
	at := space(data, 0)
	if at == len(data) || data[at] != '{' {
		return ErrSyntax
	}
	end, err := s.list(at, '}', func(at int) (int, error) {
		name, at, err := s.name(at)
		if err != nil {
			return at, err
		}
		end, err := s.value(at)
		if err == nil {
			stopped = each(name, data[at:end:end])
			err = stopped
		}
		return end, err
	})
	if stopped != nil {
		return stopped
	}
	if err != nil || space(data, end) != len(data) {
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

// Tight says whether no white space stands in or around a value that was found
// to be JSON before, but within its texts.
func Tight(data []byte) bool {
	for at := 0; at < len(data); {
		switch data[at] {
		case '"':
			at = pastText(data, at)
		case ' ', '\n', '\t', '\r':
			return false
		default:
			at++
		}
	}
	return true
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
