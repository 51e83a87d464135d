package report

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"

	"github.com/riva-prep/riva-prep/pkg/safetext"
)

// writeJSON writes one indented document. Text is as it was served: JSON
// escapes what a terminal would act on below the space, and programs want the
// rest untouched.
func writeJSON(w io.Writer, data any) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(data); err != nil {
		return fmt.Errorf("write JSON: %w", err)
	}
	return nil
}

// byteOrderMark makes Excel read a CSV file as UTF-8.
const byteOrderMark = "\uFEFF"

// writeCSV writes RFC 4180 with a header and no cell that a spreadsheet runs.
func writeCSV(w io.Writer, header []string, rows func(yield func([]string) bool)) error {
	if _, err := io.WriteString(w, byteOrderMark); err != nil {
		return fmt.Errorf("write CSV: %w", err)
	}
	out := csv.NewWriter(w)
	out.UseCRLF = true
	if err := out.Write(header); err != nil {
		return fmt.Errorf("write CSV: %w", err)
	}
	for row := range rows {
		for i, field := range row {
			row[i] = safetext.CSV(field)
		}
		if err := out.Write(row); err != nil {
			return fmt.Errorf("write CSV: %w", err)
		}
	}
	out.Flush()
	if err := out.Error(); err != nil {
		return fmt.Errorf("write CSV: %w", err)
	}
	return nil
}
