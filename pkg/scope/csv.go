package scope

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
)

// ErrList says that a list of mailboxes cannot be read as one.
var ErrList = errors.New("not a list of mailboxes")

// columns are the headers that Exchange's own exports use for a mailbox.
func columns() []string {
	return []string{"userprincipalname", "primarysmtpaddress", "emailaddress", "mail", "identity", "mailbox", "objectid", "id"}
}

// ParseList reads mailbox names from CSV with a header, separated by commas or
// semicolons, or from plain text with one name a line. Errors name the line.
func ParseList(r io.Reader) ([]string, error) {
	data, err := io.ReadAll(r)
	if err != nil {
		return nil, err
	}
	data = bytes.TrimPrefix(data, []byte("\ufeff"))
	first, _, _ := bytes.Cut(data, []byte("\n"))
	reader := csv.NewReader(bytes.NewReader(data))
	reader.TrimLeadingSpace = true
	if bytes.Count(first, []byte(";")) > bytes.Count(first, []byte(",")) {
		reader.Comma = ';'
	}
	return readNames(reader)
}

func readNames(reader *csv.Reader) ([]string, error) {
	header, err := reader.Read()
	if errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("%w: it is empty", ErrList)
	}
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrList, err)
	}
	column := slices.IndexFunc(header, func(h string) bool {
		return slices.Contains(columns(), strings.ToLower(strings.TrimSpace(h)))
	})
	var names []string
	if column < 0 {
		if len(header) != 1 {
			return nil, fmt.Errorf("%w: line 1: no column is called UserPrincipalName, PrimarySmtpAddress, EmailAddress, Mail or Id", ErrList)
		}
		column = 0
		if names, err = appendName(names, header[0], 1); err != nil {
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
