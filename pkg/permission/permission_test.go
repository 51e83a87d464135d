package permission_test

import (
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/riva-prep/riva-prep/pkg/permission"
)

// row is how docs/permissions.md writes a need.
func row(n permission.Need) string {
	roles := make([]string, 0, len(n.Roles))
	for _, role := range n.Roles {
		roles = append(roles, "`"+role+"`")
	}
	needed := "needed"
	if n.Spare {
		needed = "better with"
	}
	return fmt.Sprintf("| %s | %s | %s | %s |", strings.Join(roles, " or "), n.For, strings.Join(n.Commands, ", "), needed)
}

// The page and doctor say the same.
func TestPageHasEveryNeed(t *testing.T) {
	data, err := os.ReadFile("../../docs/permissions.md")
	if err != nil {
		t.Fatal(err)
	}
	_, part, found := strings.Cut(string(data), "## Which command needs which\n")
	part, _, more := strings.Cut(part, "\n## ")
	if !found || !more {
		t.Fatal("the page has no such part")
	}
	var got, want []string
	for line := range strings.Lines(part) {
		if strings.HasPrefix(line, "| `") {
			got = append(got, strings.TrimSpace(line))
		}
	}
	for _, n := range permission.Needs() {
		want = append(want, row(n))
	}
	if len(want) < 14 || !slices.Equal(got, want) {
		t.Errorf("the page has\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	for _, n := range permission.Needs() { // and the part above says what each is for
		if before, _, _ := strings.Cut(string(data), "## Which command needs which\n"); !strings.Contains(before, "`"+n.Role()+"`") {
			t.Errorf("the page does not say what %s is used for", n.Role())
		}
	}
}

func TestNeedsAreWhole(t *testing.T) {
	name := regexp.MustCompile(`^[A-Z][A-Za-z]+(\.[A-Z][A-Za-z]+)+$`)
	used := map[string]bool{}
	for _, n := range permission.Needs() {
		if n.For == "" || n.Without == "" || len(n.Commands) == 0 {
			t.Errorf("%v is not whole", n)
		}
		for _, role := range n.Roles {
			if !name.MatchString(role) {
				t.Errorf("%q is no name of a permission", role)
			}
		}
		for _, c := range n.Commands {
			used[c] = true
			if !slices.Contains(permission.Commands(), c) {
				t.Errorf("%s is for %s, which is not among the commands", n.Role(), c)
			}
		}
		if n.Writes && slices.Contains(n.Commands, "list") {
			t.Errorf("%s: list changes nothing", n.Role())
		}
		if n.In(nil) || !n.In(n.Roles[len(n.Roles)-1:]) || !n.By(n.Commands[:1]) || n.By(nil) {
			t.Errorf("%s: In or By is wrong", n.Role())
		}
	}
	if len(used) != len(permission.Commands()) {
		t.Errorf("only %d of the commands need anything", len(used))
	}
}
