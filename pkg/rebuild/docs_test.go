package rebuild_test

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/riva-prep/riva-prep/pkg/item"
	"github.com/riva-prep/riva-prep/pkg/rebuild"
)

// lossTable is how the guarantees print the list of losses.
func lossTable() string {
	var out strings.Builder
	out.WriteString("| name | of | what an item that is made again does not have |\n|---|---|---|\n")
	for _, l := range rebuild.Losses() {
		kinds := "all"
		if len(l.Kinds) < len(item.Kinds()) {
			var names []string
			for _, k := range l.Kinds {
				names = append(names, string(k))
			}
			kinds = strings.Join(names, ", ")
		}
		what := l.What
		if l.Always {
			what = "**always:** " + what
		}
		fmt.Fprintf(&out, "| `%s` | %s | %s |\n", l.Name, kinds, what)
	}
	return out.String()
}

func TestGuaranteesPrintTheLosses(t *testing.T) {
	page, err := os.ReadFile("../../docs/guarantees.md")
	if err != nil {
		t.Fatal(err)
	}
	if want := lossTable(); strings.Count(string(page), want) != 1 || strings.Count(string(page), "| `attendees` |") != 1 {
		t.Errorf("docs/guarantees.md should have once:\n%s", want)
	}
	if !strings.Contains(string(page), "\n"+rebuild.TooLarge+"\n") || rebuild.MaxRequest != 4<<20 {
		t.Errorf("docs/guarantees.md should say below the list:\n%s", rebuild.TooLarge)
	}
}
