package sheet

import (
	"encoding/csv"
	"fmt"
	"io"
	"iter"

	"github.com/riva-prep/riva-prep/pkg/safetext"
)

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
