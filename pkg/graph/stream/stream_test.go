package stream_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/riva-prep/riva-prep/pkg/graph/stream"
	"github.com/riva-prep/riva-prep/pkg/mailbox"
)

// TestParse holds what becomes of each item: its stream, or an error that says
// something.
func TestParse(t *testing.T) {
	tests := []struct {
		name, answers string
		want          string // of the items a and b: the stream, or a "!" and a part of the error
	}{
		{"in order", `{"itemId":"a","data":"YQ=="},{"itemId":"b","data":"Yg=="}`, "a b"},
		{"shuffled", `{"itemId":"b","data":"Yg==","changeKey":"x"},{"itemId":"a","data":"YQ==","error":null}`, "a b"},
		{"one too many", `{"itemId":"b","data":"Yg=="},{"itemId":"c","data":"Yw=="},{"itemId":"a","data":"YQ=="}`, "a b"},
		{"missing", `{"itemId":"b","data":"Yg=="}`, "!0_answers b"},
		{"twice", `{"itemId":"a","data":"YQ=="},{"itemId":"b","data":"Yg=="},{"itemId":"a","data":"YQ=="}`, "!2_answers b"},
		{"ids differ in case", `{"itemId":"A","data":"YQ=="},{"itemId":"b","data":"Yg=="}`, "!0_answers b"},
		{"an error", `{"itemId":"a","changeKey":null,"error":{"code":"ErrorCorruptData","message":"private subject"}},{"itemId":"b","data":"Yg=="}`, "!ErrorCorruptData b"},
		{"an error beside data", `{"itemId":"a","data":"YQ==","error":{"code":"Odd"}},{"itemId":"b","data":"Yg=="}`, "!Odd b"},
		{"an error without a code", `{"itemId":"a","error":{}},{"itemId":"b","data":"Yg=="}`, "!no_reason b"},
		{"not there", `{"itemId":"a","error":{"code":"ErrorItemNotFound"}},{"itemId":"b","data":"Yg=="}`, "!gone b"},
		{"no data", `{"itemId":"a"},{"itemId":"b","data":"Yg=="}`, "!without_content b"},
		{"null", `{"itemId":"a","data":null},{"itemId":"b","data":"Yg=="}`, "!without_content b"},
		{"empty", `{"itemId":"a","data":""},{"itemId":"b","data":"Yg=="}`, "!without_content b"},
		{"no padding", `{"itemId":"a","data":"YQ"},{"itemId":"b","data":"Yg=="}`, "!not_base64 b"},
		{"stray bits", `{"itemId":"a","data":"YR=="},{"itemId":"b","data":"Yg=="}`, "!not_base64 b"},
		{"a line break", `{"itemId":"a","data":"Y\nQ=="},{"itemId":"b","data":"Yg=="}`, "!not_base64 b"},
		{"for addresses", `{"itemId":"a","data":"-_-_"},{"itemId":"b","data":"Yg=="}`, "!not_base64 b"},
	}
	if len(tests) < 17 {
		t.Fatalf("%d answers, want at least 17", len(tests))
	}
	for _, test := range tests {
		streams, err := stream.Parse([]byte(`{"value":[`+test.answers+`]}`), []string{"a", "b"})
		if err != nil || len(streams) != 2 || streams[0].ID != "a" || streams[1].ID != "b" {
			t.Fatalf("%s: %+v, %v", test.name, streams, err)
		}
		for i, want := range strings.Fields(test.want) {
			s := streams[i]
			part, failed := strings.CutPrefix(strings.ReplaceAll(want, "_", " "), "!")
			if failed && (s.Err == nil || s.Data != nil || !strings.Contains(s.Err.Error(), part)) || !failed && (s.Err != nil || string(s.Data) != want) {
				t.Errorf("%s: %q, %v; want %s", test.name, s.Data, s.Err, want)
			}
			if s.Err != nil && strings.Contains(s.Err.Error(), "private") {
				t.Errorf("%s: the error shows content: %v", test.name, s.Err)
			}
		}
	}
}

func TestParseRefuses(t *testing.T) {
	for _, raw := range []string{`{}`, `{"value":null}`, `{"value":{}}`, `{"value":[1]}`, `[]`, `{"value":[{"itemId":1}]}`, ``} {
		if streams, err := stream.Parse([]byte(raw), []string{"a"}); !errors.Is(err, mailbox.ErrIncomplete) || streams != nil {
			t.Errorf("%s: %v, %v; want ErrIncomplete", raw, streams, err)
		}
	}
}

// Large streams are asked for in small numbers.
func TestExporterOfLargeItems(t *testing.T) {
	var asked []int
	e := stream.Exporter{Goal: 16 << 10, Most: 48 << 10, Ask: func(_ context.Context, ids []string, most int64) ([]byte, error) {
		asked = append(asked, len(ids))
		if (most == 0) != (len(ids) == 1) {
			t.Errorf("%d items are bounded by %d bytes", len(ids), most)
		}
		var values []string
		for _, id := range ids {
			values = append(values, fmt.Sprintf(`{"itemId":%q,"data":%q}`, id, strings.Repeat("A", 4<<10)))
		}
		raw := `{"value":[` + strings.Join(values, ",") + `]}`
		if most > 0 && int64(len(raw)) > most {
			return nil, errors.New("too large")
		}
		return []byte(raw), nil
	}}
	ids := strings.Split("abcdefghijklmnop", "")
	for range 2 {
		streams, err := e.Export(t.Context(), ids)
		if err != nil || len(streams) != len(ids) {
			t.Fatalf("%d streams, %v", len(streams), err)
		}
		for i, s := range streams {
			if s.ID != ids[i] || s.Err != nil || len(s.Data) != 3<<10 {
				t.Errorf("stream %d is of %s, %d bytes, %v", i, s.ID, len(s.Data), s.Err)
			}
		}
	}
	// 16 are 64 kB of text, which is too much; then their size is known.
	if got := fmt.Sprint(asked); got != "[16 8 8 3 3 3 3 3 1]" {
		t.Errorf("asked for %s at once, want [16 8 8 3 3 3 3 3 1]", got)
	}
}

// What the next request would meet as well ends an export at once.
func TestExporterGivesUp(t *testing.T) {
	for _, end := range []error{mailbox.ErrSignIn, mailbox.ErrNotOffered} {
		calls := 0
		e := stream.Exporter{Ask: func(context.Context, []string, int64) ([]byte, error) {
			calls++
			return nil, fmt.Errorf("x: %w", end)
		}}
		if streams, err := e.Export(t.Context(), []string{"a", "b"}); !errors.Is(err, end) || streams != nil || calls != 1 {
			t.Errorf("%v, %v after %d calls, want %v after 1", streams, err, calls, end)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	e := stream.Exporter{Ask: func(ctx context.Context, _ []string, _ int64) ([]byte, error) {
		cancel()
		return nil, ctx.Err()
	}}
	if streams, err := e.Export(ctx, []string{"a", "b"}); !errors.Is(err, context.Canceled) || streams != nil {
		t.Errorf("%v, %v, want the end of the context", streams, err)
	}
}
