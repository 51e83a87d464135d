package settings

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// ErrFile says that a file of settings cannot be used. The text names the line.
var ErrFile = errors.New("not a file of settings")

// Entry is one setting in a file.
type Entry struct {
	Key    string
	Values []string
	// List says that the values stand one below the other.
	List bool
	Line int
}

// Parse reads a file of settings: a small part of YAML, in which every line is
//
//	# a comment
//	key: value
//	key:
//	  - one value
//	  - another
//
// A value may stand in quotes, and must if it begins with a sign that means
// something in YAML or has " #" or ": " in it.
func Parse(data []byte) ([]Entry, error) {
	text := strings.TrimPrefix(string(data), "\ufeff")
	if !utf8.ValidString(text) {
		return nil, fmt.Errorf("%w: it is not UTF-8", ErrFile)
	}
	var entries []Entry
	number := 0
	for line := range strings.SplitSeq(text, "\n") {
		number++
		var err error
		if entries, err = add(entries, strings.TrimRight(line, " \r"), number); err != nil {
			return nil, fmt.Errorf("%w: line %d: %w", ErrFile, number, err)
		}
	}
	for _, e := range entries {
		if len(e.Values) == 0 {
			return nil, fmt.Errorf("%w: line %d: %s has no value", ErrFile, e.Line, e.Key)
		}
	}
	return entries, nil
}

// add reads one line into the entries so far.
func add(entries []Entry, line string, number int) ([]Entry, error) {
	bare := strings.TrimLeft(line, " ")
	switch {
	case strings.ContainsRune(line, '\t'):
		return nil, errors.New("a tab; use blanks")
	case bare == "" || strings.HasPrefix(bare, "#"):
		return entries, nil
	case strings.HasPrefix(bare, "- "):
		if len(entries) == 0 || !entries[len(entries)-1].List {
			return nil, errors.New("a value without a key above it")
		}
		value, err := scalar(strings.TrimSpace(bare[2:]))
		last := &entries[len(entries)-1]
		last.Values = append(last.Values, value)
		return entries, err
	case bare != line:
		return nil, errors.New("nothing but values that begin with a dash may be indented")
	}
	return setting(entries, line, number)
}

func setting(entries []Entry, line string, number int) ([]Entry, error) {
	key, rest, found := strings.Cut(line, ":")
	if !found || !isKey(key) || rest != "" && rest[0] != ' ' {
		return nil, errors.New("neither \"key: value\" nor \"key:\" and values below it")
	}
	for _, e := range entries {
		if e.Key == key {
			return nil, fmt.Errorf("%s stands in line %d already", key, e.Line)
		}
	}
	rest = strings.TrimSpace(rest)
	if rest == "" || strings.HasPrefix(rest, "#") {
		return append(entries, Entry{Key: key, List: true, Line: number}), nil
	}
	value, err := scalar(rest)
	return append(entries, Entry{Key: key, Values: []string{value}, Line: number}), err
}

func isKey(s string) bool {
	return s != "" && strings.Trim(s, "abcdefghijklmnopqrstuvwxyz-") == ""
}

// scalar reads a value up to a comment.
func scalar(s string) (string, error) {
	switch s[:min(1, len(s))] {
	case "":
		return "", errors.New("the value is empty")
	case `"`, "'":
		return quoted(s)
	}
	if before, _, commented := strings.Cut(s, " #"); commented {
		s = strings.TrimRight(before, " ")
	}
	if strings.ContainsAny(s[:1], "[]{}&*!|>%@`,?#") || strings.HasPrefix(s, "- ") || s == "-" || strings.Contains(s, ": ") || strings.HasSuffix(s, ":") {
		return "", fmt.Errorf("put %s in quotes", strconv.Quote(s))
	}
	if s == "~" || strings.EqualFold(s, "null") {
		return "", errors.New("the value is empty")
	}
	return s, nil
}

// quoted reads a value in double quotes, with \" and \\ in it, or in single ones,
// in which a doubled one stands for itself.
func quoted(s string) (string, error) {
	var value strings.Builder
	quote, rest := s[0], s[1:]
	for rest != "" {
		c := rest[0]
		rest = rest[1:]
		switch {
		case c == quote && quote == '\'' && strings.HasPrefix(rest, "'"):
			rest = rest[1:]
			value.WriteByte(c)
		case c == quote:
			if rest = strings.TrimLeft(rest, " "); rest != "" && (!strings.HasPrefix(rest, "#") || s[len(s)-len(rest)-1] != ' ') {
				return "", errors.New("something stands after the quotes")
			}
			return value.String(), nil
		case c == '\\' && quote == '"':
			if rest == "" || rest[0] != '"' && rest[0] != '\\' {
				return "", errors.New("in double quotes, write \\ as \\\\; or use single ones")
			}
			value.WriteByte(rest[0])
			rest = rest[1:]
		default:
			value.WriteByte(c)
		}
	}
	return "", errors.New("the quotes have no end")
}
