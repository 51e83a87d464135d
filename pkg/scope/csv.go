package scope

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
)

// ErrList says that a list of mailboxes cannot be read as one.
var ErrList = errors.New("not a list of mailboxes")

// columns are the headers that exports of Exchange and Entra use for a mailbox,
// the surest first: what Exchange calls Identity and Id is often a name.
func columns() []string {
	return []string{
		"userprincipalname", "primarysmtpaddress", "emailaddress", "mail", "windowsemailaddress", "externaldirectoryobjectid", "objectid",
		"mailbox", "identity", "id",
	}
}

// ParseList reads mailbox names from CSV with a header, separated by commas,
// semicolons or tabs, or from plain text with one name a line. It takes what
// Excel and PowerShell write: UTF-16, byte order marks, and a first line that
// begins with #TYPE. Errors name the line.
func ParseList(r io.Reader) ([]string, error) {
	data, err := io.ReadAll(r)
	if err != nil {
		return nil, err
	}
	data = bytes.TrimPrefix(fromUTF16(data), []byte("\ufeff"))
	comma := separator(data)
	if bytes.HasPrefix(data, []byte("#TYPE ")) { // an empty line in its place keeps the numbers
		_, rest, _ := bytes.Cut(data, []byte("\n"))
		comma, data = separator(rest), append([]byte("\n"), rest...)
	}
	reader := csv.NewReader(bytes.NewReader(data))
	reader.Comma = comma
	reader.TrimLeadingSpace = reader.Comma != '\t'
	return readNames(reader)
}

// fromUTF16 is what Excel calls Unicode text, by its byte order mark.
func fromUTF16(data []byte) []byte {
	var order binary.ByteOrder
	switch {
	case bytes.HasPrefix(data, []byte{0xff, 0xfe}):
		order = binary.LittleEndian
	case bytes.HasPrefix(data, []byte{0xfe, 0xff}):
		order = binary.BigEndian
	default:
		return data
	}
	var units []uint16
	for at := 2; at+1 < len(data); at += 2 {
		units = append(units, order.Uint16(data[at:]))
	}
	return []byte(string(utf16.Decode(units)))
}

// separator is the one that the first line has most of.
func separator(data []byte) rune {
	first, _, _ := bytes.Cut(data, []byte("\n"))
	most, found := ',', bytes.Count(first, []byte(","))
	for _, r := range ";\t" {
		if n := bytes.Count(first, []byte(string(r))); n > found {
			most, found = r, n
		}
	}
	return most
}

// column is the surest one that a header has, or -1.
func column(header []string) int {
	for _, name := range columns() {
		if at := slices.IndexFunc(header, func(h string) bool { return strings.EqualFold(strings.TrimSpace(h), name) }); at >= 0 {
			return at
		}
	}
	return -1
}

func readNames(reader *csv.Reader) ([]string, error) {
	header, err := reader.Read()
	if errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("%w: it is empty", ErrList)
	}
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrList, err)
	}
	column := column(header)
	first, _ := reader.FieldPos(0)
	var names []string
	if column < 0 {
		if len(header) != 1 {
			return nil, fmt.Errorf("%w: line %d: no column is called UserPrincipalName, PrimarySmtpAddress, EmailAddress, Mail or Identity", ErrList, first)
		}
		column = 0
		if names, err = appendName(names, header[0], first); err != nil {
			return nil, err
		}
	}
	for {
		row, err := reader.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("%w: %w", ErrList, err)
		}
		line, _ := reader.FieldPos(column)
		if names, err = appendName(names, row[column], line); err != nil {
			return nil, err
		}
	}
	if len(names) == 0 {
		return nil, fmt.Errorf("%w: it has a header and no lines", ErrList)
	}
	return names, nil
}

// appendName takes a cell. Something that is no address and no object id is
// more likely a wrong column than a mailbox.
func appendName(names []string, cell string, line int) ([]string, error) {
	name := strings.TrimSpace(cell)
	switch {
	case name == "":
		return nil, fmt.Errorf("%w: line %d: the name is empty", ErrList, line)
	case strings.ContainsAny(name, " \t\r\n") || !strings.Contains(name, "@") && strings.Count(name, "-") != 4:
		return nil, fmt.Errorf("%w: line %d: %q is neither an address nor an object id", ErrList, line, name)
	}
	return append(names, name), nil
}
