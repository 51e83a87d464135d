package csdl

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// object keeps the members in order, and those given twice.
type object []member

type member struct {
	name  string
	value any
}

// number is a number as it is written.
type number string

func (o object) text(name string) (string, bool) {
	for _, m := range o {
		if text, ok := m.value.(string); ok && m.name == name {
			return text, true
		}
	}
	return "", false
}

func decode(text []byte) (any, error) {
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	value, err := next(d)
	if err != nil {
		return nil, err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("more than one value")
	}
	return value, nil
}

func next(d *json.Decoder) (any, error) {
	token, err := d.Token()
	if err != nil {
		return nil, err
	}
	switch token := token.(type) {
	case json.Delim:
		if token == '[' {
			return elements(d)
		}
		return members(d)
	case json.Number:
		return number(token), nil
	}
	return token, nil
}

func elements(d *json.Decoder) (any, error) {
	out := []any{}
	for d.More() {
		value, err := next(d)
		if err != nil {
			return nil, err
		}
		out = append(out, value)
	}
	_, err := d.Token()
	return out, err
}

func members(d *json.Decoder) (any, error) {
	out := object{}
	for d.More() {
		name, err := d.Token()
		if err != nil {
			return nil, err
		}
		value, err := next(d)
		if err != nil {
			return nil, err
		}
		out = append(out, member{fmt.Sprint(name), value})
	}
	_, err := d.Token()
	return out, err
}

// shown is a value as an error names it.
func shown(value any) string {
	switch v := value.(type) {
	case nil:
		return "null"
	case string:
		return fmt.Sprintf("%q", v)
	case object:
		return "an object"
	case []any:
		return "a collection"
	}
	return fmt.Sprint(value)
}
