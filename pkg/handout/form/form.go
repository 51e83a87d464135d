// Package form reads of an item what the formats of handout can carry.
//
// It promises that text comes out without control characters, so that none can
// end a line or a field of a format, and that times come out as instants. It
// knows nothing of the formats themselves.
package form

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode"

	"github.com/riva-prep/riva-prep/pkg/item"
	"github.com/riva-prep/riva-prep/pkg/zone"
)

// ErrUnusable says that an item cannot be put into a format at all.
var ErrUnusable = errors.New("cannot be handed out")

// Note is something of items that a format cannot carry.
type Note struct {
	Kind item.Kind
	What string
}

// Notes counts them.
type Notes map[Note]int

// Add counts one more.
func (n Notes) Add(kind item.Kind, what string) { n[Note{kind, what}]++ }

// Text is remote text without control characters; \n is the only line end.
type Text string

// UnmarshalJSON takes null for the empty text.
func (t *Text) UnmarshalJSON(data []byte) error {
	var s string
	if err := json.Unmarshal(data, &s); err != nil {
		return err
	}
	*t = Clean(s)
	return nil
}

// Clean makes a Text of any text.
func Clean(s string) Text { return Text(clean(s)) }

var lineEnds = strings.NewReplacer("\r\n", "\n", "\r", "\n", "\u2028", "\n", "\u2029", "\n")

func clean(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) && r != '\n' && r != '\t' {
			return -1
		}
		return r
	}, lineEnds.Replace(strings.ToValidUTF8(s, "\ufffd")))
}

// Mail is an address with the name beside it. Graph serves X500 addresses
// (/o=ExchangeLabs/…), and names without an address.
type Mail struct {
	Name    Text `json:"name"`
	Address Text `json:"address"`
}

// Internet says whether mail can be sent to the address from anywhere.
func (m Mail) Internet() bool { return strings.Contains(string(m.Address), "@") }

// String is the address as people write it: "Name <address>".
func (m Mail) String() string {
	switch {
	case m.Address == "":
		return string(m.Name)
	case m.Name == "" || m.Name == m.Address:
		return string(m.Address)
	}
	return string(m.Name + " <" + m.Address + ">")
}

// DateTime is Graph's dateTimeTimeZone: a time on the wall and whose wall.
type DateTime struct {
	DateTime string `json:"dateTime"`
	TimeZone string `json:"timeZone"`
}

const wall = "2006-01-02T15:04:05"

// Instant is the time that is meant. The zone is the one that the backup asked
// for, so it is known.
func (d DateTime) Instant() (time.Time, error) {
	loc := time.UTC
	if d.TimeZone != "" {
		var err error
		if loc, err = zone.Load(d.TimeZone); err != nil {
			return time.Time{}, fmt.Errorf("%w: time %q: %w", ErrUnusable, d.DateTime, err)
		}
	}
	t, err := time.ParseInLocation(wall, strings.TrimSuffix(d.DateTime, "Z"), loc)
	if err != nil || t.Year() <= 1 {
		return time.Time{}, fmt.Errorf("%w: no time in %q", ErrUnusable, d.DateTime)
	}
	return t.UTC(), nil
}

// Date is the day that is meant where only a day is: midnight in a zone that
// may be another than the one it is written in, so the nearest midnight.
func (d DateTime) Date() (time.Time, error) {
	t, err := time.Parse(wall, strings.TrimSuffix(d.DateTime, "Z"))
	if err != nil || t.Year() <= 1 {
		return time.Time{}, fmt.Errorf("%w: no date in %q", ErrUnusable, d.DateTime)
	}
	return nearestDay(t), nil
}

func nearestDay(t time.Time) time.Time {
	const half = 12 * time.Hour
	return t.Add(half).Truncate(2 * half)
}

// Stamp reads a DateTimeOffset; zero where there is none.
func Stamp(s string) time.Time {
	t, err := time.Parse(time.RFC3339, s)
	if err != nil || t.Year() <= 1 {
		return time.Time{}
	}
	return t.UTC()
}

// read fills v with the members that the formats carry.
func read(raw json.RawMessage, v any) error {
	if err := json.Unmarshal(raw, v); err != nil {
		return fmt.Errorf("%w: %w", ErrUnusable, err)
	}
	return nil
}
