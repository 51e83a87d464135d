package decide

import (
	"bytes"
	"encoding/binary"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// row is what a list has under Columns, whatever their order there.
type row struct {
	// at is the row's number as a spreadsheet shows it; the header is 1.
	at    int
	cells []string
	// label is what stands under LabelColumn, if the list has that column.
	label  string
	signed bool
}

// read reads what Write wrote and a spreadsheet saved: with commas, semicolons
// or tabs, in UTF-8 or UTF-16, columns in any order, other columns beside them.
func read(data []byte) ([]row, error) {
	text, err := decode(data)
	if err != nil {
		return nil, err
	}
	in := csv.NewReader(strings.NewReader(text))
	in.Comma = separator(text)
	in.FieldsPerRecord = -1
	header, err := in.Read()
	if errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("%w: it is empty", ErrList)
	}
	if err != nil {
		return nil, unreadable(err)
	}
	at, err := places(header)
	if err != nil {
		return nil, err
	}
	label, err := place(header, LabelColumn)
	if err != nil {
		return nil, err
	}
	return readRows(in, at, label, breaks(header))
}

// readRows reads what is under the header. Line breaks within cells make no
// rows, and neither do lines without content.
func readRows(in *csv.Reader, at []int, label, inCells int) ([]row, error) {
	var rows []row
	for {
		record, err := in.Read()
		if errors.Is(err, io.EOF) {
			return rows, nil
		}
		if err != nil {
			return nil, unreadable(err)
		}
		line, _ := in.FieldPos(0)
		r := row{at: line - inCells, cells: make([]string, len(at)), signed: label >= 0}
		inCells += breaks(record)
		if !slices.ContainsFunc(record, func(c string) bool { return strings.TrimSpace(c) != "" }) {
			continue
		}
		for i, column := range at {
			if column >= len(record) {
				return nil, fmt.Errorf("%w: row %d ends before %s", ErrList, r.at, Columns()[i])
			}
			r.cells[i] = record[column]
		}
		if r.signed && label < len(record) {
			r.label = strings.TrimSpace(record[label])
		}
		rows = append(rows, r)
	}
}

func breaks(record []string) (n int) {
	for _, c := range record {
		n += strings.Count(c, "\n")
	}
	return n
}

// places finds Columns in a header.
func places(header []string) ([]int, error) {
	var at []int
	for _, name := range Columns() {
		i, err := place(header, name)
		if err != nil {
			return nil, err
		}
		if i < 0 {
			return nil, fmt.Errorf("%w: row 1: there is no column %s; a list is what riva-prep plan export writes", ErrList, name)
		}
		at = append(at, i)
	}
	return at, nil
}

// place finds one column, or gives -1.
func place(header []string, name string) (int, error) {
	is := func(h string) bool { return strings.EqualFold(strings.TrimSpace(h), name) }
	i := slices.IndexFunc(header, is)
	if i >= 0 && slices.ContainsFunc(header[i+1:], is) {
		return 0, fmt.Errorf("%w: row 1: column %s is there twice", ErrList, name)
	}
	return i, nil
}

// separator is the likeliest one: Excel writes semicolons where the comma is
// the decimal sign, and tabs into what it calls Unicode text.
func separator(text string) rune {
	header, _, _ := strings.Cut(text, "\n")
	best := ','
	for _, r := range ";\t" {
		if strings.Count(header, string(r)) > strings.Count(header, string(best)) {
			best = r
		}
	}
	return best
}

// decode makes UTF-8 of a file as Excel saves it. The old Windows encodings
// have no place for most names, so what is in one of them is refused.
func decode(data []byte) (string, error) {
	var order binary.ByteOrder
	switch {
	case bytes.HasPrefix(data, []byte("\xff\xfe")):
		order = binary.LittleEndian
	case bytes.HasPrefix(data, []byte("\xfe\xff")):
		order = binary.BigEndian
	}
	if order != nil {
		return fromUTF16(data[2:], order)
	}
	text := string(bytes.TrimPrefix(data, []byte("\ufeff")))
	if utf8.ValidString(text) && !strings.Contains(text, "\x00") {
		return text, nil
	}
	for i, line := range strings.Split(text, "\n") {
		if !utf8.ValidString(line) || strings.Contains(line, "\x00") {
			return "", fmt.Errorf("%w: line %d is not in UTF-8: save it as \"CSV UTF-8 (Comma delimited)\"", ErrList, i+1)
		}
	}
	return text, nil
}

func fromUTF16(data []byte, order binary.ByteOrder) (string, error) {
	units, own := make([]uint16, 0, len(data)/2), 0
	for rest := data; len(rest) >= 2; rest = rest[2:] {
		units = append(units, order.Uint16(rest))
		if units[len(units)-1] == utf8.RuneError {
			own++
		}
	}
	text := string(utf16.Decode(units))
	// Decode puts the replacement character where half of a pair is missing.
	if broken := strings.Count(text, string(utf8.RuneError)) > own; broken || len(data)%2 != 0 {
		return "", fmt.Errorf("%w: its UTF-16 is broken: save it as \"CSV UTF-8 (Comma delimited)\"", ErrList)
	}
	return text, nil
}

// unreadable says where encoding/csv stumbled.
func unreadable(err error) error {
	if parse, ok := errors.AsType[*csv.ParseError](err); ok {
		return fmt.Errorf("%w: line %d: %w", ErrList, parse.Line, parse.Err)
	}
	return fmt.Errorf("%w: %w", ErrList, err)
}
