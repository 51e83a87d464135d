package sheet

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/riva-prep/riva-prep/pkg/safetext"
)

// JSON writes one indented document. Text is as it was served, but what a
// terminal could act on is written as JSON's escapes, which read back the same.
func JSON(w io.Writer, data any) error {
	var text bytes.Buffer
	enc := json.NewEncoder(&text)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(data); err != nil {
		return fmt.Errorf("write JSON: %w", err)
	}
	if _, err := w.Write(escapeHidden(text.Bytes())); err != nil {
		return fmt.Errorf("write JSON: %w", err)
	}
	return nil
}

// escapeHidden goes on where encoding/json stops: DEL, C1 and marks of
// direction. Outside of strings, JSON has only ASCII that can be seen.
func escapeHidden(text []byte) []byte {
	out := make([]byte, 0, len(text))
	for len(text) > 0 {
		r, size := utf8.DecodeRune(text)
		if r < 0x7f || unicode.IsGraphic(r) {
			out = append(out, text[:size]...)
		} else {
			for _, unit := range utf16.AppendRune(nil, r) {
				out = fmt.Appendf(out, `\u%04x`, unit)
			}
		}
		text = text[size:]
	}
	return out
}

// byteOrderMark makes Excel read a CSV file as UTF-8.
const byteOrderMark = "\uFEFF"

// CSV writes RFC 4180 with a header, one line a row, and no cell that a
// spreadsheet runs or a terminal acts on.
func CSV(w io.Writer, header []string, rows iter.Seq[[]string]) error {
	if err := writeCSV(w, header, rows); err != nil {
		return fmt.Errorf("write CSV: %w", err)
	}
	return nil
}

func writeCSV(w io.Writer, header []string, rows iter.Seq[[]string]) error {
	if _, err := io.WriteString(w, byteOrderMark); err != nil {
		return err
	}
	out := csv.NewWriter(w)
	out.UseCRLF = true
	if err := out.Write(header); err != nil {
		return err
	}
	for row := range rows {
		for i, field := range row {
			row[i] = safetext.CSV(safetext.Terminal(field))
		}
		if err := out.Write(row); err != nil {
			return err
		}
	}
	out.Flush()
	return out.Error()
}
