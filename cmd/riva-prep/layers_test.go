package main_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/riva-prep/riva-prep/"

// room is a package's place in the house: its layer, and the packages of this
// module that it may import. A name that ends in "/..." stands for a package
// and all below it.
type room struct {
	layer int
	may   string
}

// house is the import table. To add an edge, change it here, and say in the
// same commit why the edge is needed.
var house = map[string]room{
	"pkg/item":       {1, "jsonwalk"},
	"pkg/jsonwalk":   {1, ""},
	"pkg/durable":    {1, "order safetext"},
	"pkg/safetext":   {1, ""},
	"pkg/zone":       {1, ""},
	"pkg/marker":     {1, "item"},
	"pkg/turns":      {1, ""},
	"pkg/permission": {1, "item"},
	"pkg/order":      {1, ""},
	"pkg/race":       {1, ""}, // for tests

	"pkg/profile":    {1, "item marker strictyaml"},
	"pkg/strictyaml": {1, ""},

	"pkg/durable/memory": {1, "order durable"},
	"pkg/snapshot/seal":  {1, ""},

	"pkg/mailbox":     {2, "item marker"},
	"pkg/plan":        {2, "order item marker mailbox"},
	"pkg/plan/decide": {2, "item mailbox plan safetext"},
	"pkg/snapshot":    {2, "order item jsonwalk durable mailbox snapshot/seal"},
	"pkg/journal":     {2, "item durable mailbox"},
	"pkg/inventory":   {2, "order item profile mailbox"},
	"pkg/discover":    {2, "order item marker profile mailbox"},
	"pkg/rebuild":     {2, "jsonwalk order item snapshot zone"},

	"pkg/rollout/gate": {2, "item profile mailbox plan"},

	"pkg/backup":      {3, "order turns item marker durable safetext mailbox plan snapshot journal inventory rebuild"},
	"pkg/apply":       {3, "order turns item marker durable safetext zone mailbox plan snapshot journal inventory rebuild apply/guard apply/maker"},
	"pkg/apply/guard": {3, "item mailbox plan journal"},
	"pkg/apply/maker": {3, "item zone mailbox snapshot rebuild"},
	"pkg/scope":       {3, "order turns item marker durable safetext mailbox plan snapshot journal inventory"},
	"pkg/run":         {3, "item marker durable safetext mailbox plan snapshot journal inventory backup apply scope restore"},
	"pkg/restore":     {3, "item mailbox plan snapshot journal rebuild apply scope"},
	"pkg/drift":       {3, "order turns item mailbox plan snapshot rebuild scope restore"},
	"pkg/survey":      {3, "order item marker profile mailbox plan inventory discover scope"},
	"pkg/checkup":     {3, "item permission mailbox"},
	"pkg/rollout":     {3, "order item marker durable strictyaml mailbox plan journal apply scope run rollout/gate"},
	"pkg/handout/...": {3, "order item safetext zone mailbox snapshot handout/..."},

	"pkg/graph/...":   {4, "turns item jsonwalk safetext zone mailbox graph/..."},
	"pkg/sandbox/...": {4, "order item marker durable safetext zone sandbox/..."},

	"pkg/console":       {5, "safetext"},
	"pkg/report/words":  {5, "mailbox"},
	"pkg/report/sheet":  {5, "safetext report/words"},
	"pkg/report/ledger": {5, "order item mailbox plan journal rebuild apply run report/words"},
	"pkg/report/page":   {5, "safetext mailbox plan plan/decide run report/words report/ledger"}, // its script saves lists of decisions
	"pkg/report": {5, "item marker profile safetext mailbox plan snapshot journal inventory discover backup apply scope run drift checkup rollout handout/... " +
		"report/words report/sheet report/ledger report/page"},
	"pkg/rehearsal":    {5, "item durable durable/memory snapshot apply run restore graph/... sandbox/..."},
	"pkg/cli/tour":     {5, "item marker profile durable mailbox plan snapshot apply scope run survey graph/... sandbox/... report"},
	"pkg/cli/exit":     {5, "durable mailbox profile plan plan/decide snapshot journal apply run scope restore rollout graph/..."},
	"pkg/cli/settings": {5, "cli/exit"},
	"pkg/cli/play":     {5, "sandbox/... cli/exit"},
	"pkg/cli": {5, "item marker profile permission durable safetext mailbox plan plan/decide snapshot snapshot/seal journal inventory discover backup apply scope run survey restore drift checkup rollout rollout/gate handout/... " +
		"graph/... sandbox/... console report report/words rehearsal cli/exit cli/play cli/settings cli/tour"},

	"cmd/riva-prep": {6, "cli"},

	// Stand-ins for tests: no package above may import them in its own code.
	"pkg/safetext/hostile":    {1, ""},
	"pkg/durable/crash":       {1, "durable"},
	"pkg/mailbox/memory":      {2, "item marker mailbox"},
	"pkg/mailbox/mailboxtest": {2, "item marker mailbox"},
	"pkg/sandbox/csdl":        {4, ""},
	// Tools are not part of the product.
	"scripts/...": {6, "cli graph/... sandbox/... durable/crash mailbox/memory mailbox/mailboxtest"},
}

// sideways are the edges within one layer that the house allows.
var sideways = []string{
	"item jsonwalk", "durable order", "durable/memory order", "marker item", "permission item", "durable safetext", "profile item", "profile marker", "profile strictyaml", "durable/crash durable", "durable/memory durable",
	"plan mailbox", "plan/decide plan", "plan/decide mailbox", "snapshot mailbox", "journal mailbox", "inventory mailbox", "discover mailbox", "rebuild snapshot",
	"mailbox/memory mailbox", "mailbox/mailboxtest mailbox",
	"apply apply/guard", "apply apply/maker", "run backup", "run apply", "run scope", "run restore", "survey scope", "restore apply", "restore scope", "drift scope", "drift restore", "rollout apply", "rollout scope", "rollout run", "rollout/gate mailbox", "rollout/gate plan", "handout/... handout/...",
	"graph/... graph/...", "sandbox/... sandbox/...",
	"report/sheet report/words", "report/ledger report/words", "report/page report/words", "report/page report/ledger",
	"report report/words", "report report/sheet", "report report/ledger", "report report/page",
	"cli console", "cli report", "cli report/words", "cli rehearsal", "cli cli/exit", "cli cli/play", "cli/play cli/exit", "cli cli/settings", "cli/settings cli/exit", "cli cli/tour", "cli/tour report",
}

// owned are foreign packages with the only rooms that may import them.
var owned = []struct{ prefix, rooms, why string }{
	{"github.com/microsoftgraph/", "pkg/graph/...", "the SDK costs minutes of build time, and its models lose data"},
	{"github.com/microsoft/kiota-http-go", "", "the wire is ours, and it brings 0.2 MB"},
	{"github.com/microsoft/", "pkg/graph/...", "kiota belongs to the SDK"},
	{"github.com/Azure/", "pkg/graph/...", "credentials stay in one room"},
	{"github.com/AzureAD/", "pkg/graph/...", "credentials stay in one room"},
	{"github.com/olekukonko/", "pkg/report/sheet", "one room draws tables"},
	{"maragu.dev/", "pkg/report/page", "one room writes HTML"},
	{"html/template", "", "it keeps every method of the SDK in the program"},
	{"text/template", "", "it keeps every method of the SDK in the program, and escapes nothing"},
	{"github.com/spf13/", "pkg/cli pkg/cli/play pkg/cli/settings scripts/...", "one room knows the command line"},
	{"golang.org/x/term", "pkg/console pkg/cli", "one room knows the terminal"},
	{"github.com/emersion/go-vcard", "pkg/handout/...", "one room writes what other programs import"},
	{"github.com/arran4/golang-ical", "pkg/handout/...", "one room writes what other programs import"},
	{"github.com/teambition/rrule-go", "", "for tests"},
	{"go.yaml.in/", "pkg/strictyaml", "one room reads what people write"},
	{"github.com/gofrs/flock", "pkg/durable", "one room knows the disk"},
	{"filippo.io/", "pkg/snapshot/seal", "one room encrypts"},
	{"github.com/klauspost/", "pkg/snapshot/seal pkg/zone", "one room compresses, and the zone database comes compressed"},
}

// lower lists what layers 1 to 3 may not import: they never print, exit, talk
// to the network or look at the environment.
var lower = []string{"os", "os/", "net", "net/http", "log", "flag", "syscall"}

// diskRooms stand for the disk, and so are the ones in layers 1 to 3 with os.
var diskRooms = []string{"pkg/durable", "pkg/durable/crash", "pkg/durable/memory"}

type listed struct {
	ImportPath string
	Imports    []string
}

// find gives the row of house that a package (without the module's name)
// belongs to: its own, or that of the nearest folder above with "/...".
func find(pkg string) (name string, ok bool) {
	if _, ok := house[pkg]; ok {
		return pkg, true
	}
	for at := pkg; at != "."; at = path.Dir(at) {
		if _, ok := house[at+"/..."]; ok {
			return at + "/...", true
		}
	}
	return "", false
}

// judge gives one sentence for every import that the table does not allow.
func judge(packages []listed) (complaints []string) {
	complain := func(format string, args ...any) { complaints = append(complaints, fmt.Sprintf(format, args...)) }
	if len(packages) < 10 {
		complain("only %d packages seen", len(packages))
	}
	for _, p := range packages {
		pkg := strings.TrimPrefix(p.ImportPath, module)
		row, ok := find(pkg)
		if !ok {
			complain("%s has no place in the import table", pkg)
			continue
		}
		for _, imported := range p.Imports {
			if why := forbidden(row, imported); why != "" {
				complain("%s imports %s: %s", pkg, strings.TrimPrefix(imported, module), why)
			}
		}
	}
	return complaints
}

func forbidden(row, imported string) (why string) {
	if own, ok := strings.CutPrefix(imported, module); ok {
		target, ok := find(own)
		if !ok || !slices.Contains(strings.Fields(house[row].may), strings.TrimPrefix(target, "pkg/")) {
			return "not in the import table"
		}
		return ""
	}
	for _, o := range owned {
		if strings.HasPrefix(imported, o.prefix) && !slices.Contains(strings.Fields(o.rooms), row) {
			return o.why
		}
	}
	if house[row].layer > 3 || slices.Contains(diskRooms, row) {
		return ""
	}
	for _, name := range lower {
		if imported == name || strings.HasSuffix(name, "/") && strings.HasPrefix(imported, name) {
			return "layers 1 to 3 do not reach outside"
		}
	}
	return ""
}

func TestImportsFollowTheTable(t *testing.T) {
	for _, system := range []string{"linux", "windows", "darwin"} {
		packages := list(t, system)
		for _, complaint := range judge(packages) {
			t.Errorf("%s: %s", system, complaint)
		}
	}
}

// list asks go for the packages of the module and what their own code, not
// their tests, imports.
func list(t *testing.T, system string) (packages []listed) {
	t.Helper()
	cmd := exec.Command("go", "list", "-json=ImportPath,Imports", "./...")
	cmd.Dir = "../.."
	cmd.Env = append(os.Environ(), "GOOS="+system, "CGO_ENABLED=0")
	var complaint bytes.Buffer
	cmd.Stderr = &complaint
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list for %s: %v\n%s", system, err, &complaint)
	}
	for d := json.NewDecoder(bytes.NewReader(out)); ; {
		var p listed
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			return packages
		} else if err != nil {
			t.Fatal(err)
		}
		packages = append(packages, p)
	}
}

// The table itself must keep the direction.
func TestTableGoesDownward(t *testing.T) {
	used := map[string]bool{}
	for name, r := range house {
		for target := range strings.FieldsSeq(r.may) {
			to, ok := house["pkg/"+target]
			edge := strings.TrimPrefix(name, "pkg/") + " " + target
			switch {
			case !ok:
				t.Errorf("%s: no such room", edge)
			case to.layer == r.layer && slices.Contains(sideways, edge):
				used[edge] = true
			case to.layer >= r.layer:
				t.Errorf("%s goes from layer %d to layer %d", edge, r.layer, to.layer)
			}
		}
	}
	for _, edge := range sideways {
		if !used[edge] {
			t.Errorf("sideways edge %q is not in the table", edge)
		}
	}
}

func TestJudgeBites(t *testing.T) {
	good := []listed{}
	for _, name := range []string{"item", "marker", "durable", "safetext", "mailbox", "plan", "snapshot", "journal", "backup", "apply"} {
		good = append(good, listed{ImportPath: module + "pkg/" + name, Imports: []string{"errors", "fmt"}})
	}
	if complaints := judge(good); len(complaints) != 0 {
		t.Errorf("a good house was refused: %q", complaints)
	}
	if complaints := judge(good[:9]); len(complaints) != 1 || !strings.Contains(complaints[0], "only 9") {
		t.Errorf("a house of 9 rooms: %q", complaints)
	}
	for _, bad := range [][2]string{
		{"pkg/backup", module + "pkg/graph"},
		{"pkg/apply", module + "pkg/cli"},
		{"pkg/item", module + "pkg/marker"},
		{"pkg/mailbox", module + "pkg/plan"},
		{"pkg/run", module + "pkg/mailbox/memory"},
		{"pkg/graph", module + "pkg/mailbox/mailboxtest"},
		{"pkg/snapshot", module + "pkg/durable/crash"},
		{"pkg/sandbox", module + "pkg/graph"},
		{"pkg/sandbox/schema", module + "pkg/sandbox/csdl"},
		{"pkg/sandbox/tenant", module + "pkg/graph/wire"},
		{"pkg/sandbox/deep/down", module + "pkg/mailbox"},
		{"pkg/graph/wire", module + "pkg/durable"},
		{"pkg/graph", module + "pkg/sandbox"},
		{"pkg/console", module + "pkg/report"},
		{"pkg/report", module + "pkg/graph"},
		{"cmd/riva-prep", module + "pkg/graph"},
		{"pkg/cli", module + "pkg/nowhere"},
		{"pkg/cli", "github.com/microsoftgraph/msgraph-sdk-go/users"},
		{"pkg/sandbox/tenant", "github.com/microsoft/kiota-abstractions-go"},
		{"pkg/run", "github.com/Azure/azure-sdk-for-go/sdk/azidentity"},
		{"pkg/cli", "github.com/olekukonko/tablewriter"},
		{"pkg/sandbox", "html/template"},
		{"pkg/report/page", "html/template"},
		{"pkg/report", "maragu.dev/gomponents"},
		{"pkg/report/sheet", "maragu.dev/gomponents/html"},
		{"pkg/report", "github.com/olekukonko/tablewriter"},
		{"pkg/report/sheet", module + "pkg/plan"},
		{"pkg/report/page", module + "pkg/report/sheet"},
		{"pkg/report", "text/template"},
		{"pkg/cli", "text/template"},
		{"pkg/console", "github.com/spf13/cobra"},
		{"pkg/snapshot", "filippo.io/age"},
		{"pkg/cli", "filippo.io/age"},
		{"pkg/report", "github.com/klauspost/compress/zstd"},
		{"pkg/marker", "go.yaml.in/yaml/v3"},
		{"pkg/journal", "os"},
		{"pkg/plan", "os/exec"},
		{"pkg/mailbox", "net/http"},
		{"pkg/inventory", "log"},
	} {
		complaints := judge(append(slices.Clone(good), listed{module + bad[0], []string{"fmt", bad[1]}}))
		if len(complaints) != 1 || !strings.HasPrefix(complaints[0], bad[0]+" imports ") {
			t.Errorf("%s importing %s: %q", bad[0], bad[1], complaints)
		}
	}
	for _, name := range []string{"pkg/unheard", "pkg", "cmd/other", "pkg/item/sub"} {
		complaints := judge(append(slices.Clone(good), listed{module + name, nil}))
		if len(complaints) != 1 || !strings.Contains(complaints[0], "no place") {
			t.Errorf("%s: %q", name, complaints)
		}
	}
}
