package handout_test

import (
	"encoding/csv"
	"errors"
	"io"
	"os"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/riva-prep/riva-prep/pkg/handout"
	"github.com/riva-prep/riva-prep/pkg/item"
	"github.com/riva-prep/riva-prep/pkg/snapshot"
)

func windowsZones(t *testing.T) (names []string) {
	t.Helper()
	table, err := os.ReadFile("../zone/table.txt")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(table)) {
		if name, _, ok := strings.Cut(line, " = "); ok && !strings.HasPrefix(line, "#") {
			names = append(names, name)
		}
	}
	return names
}

// rows reads a table as maps by column.
func rows(t *testing.T, f *folder, name string) (list []map[string]string) {
	t.Helper()
	buffer, ok := f.files[name]
	if !ok {
		t.Fatalf("no %s in %q", name, f.names(""))
	}
	content, ok := strings.CutPrefix(buffer.String(), "\ufeff")
	if !ok {
		t.Fatalf("%s has no byte order mark", name)
	}
	records, err := csv.NewReader(strings.NewReader(content)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range records[1:] {
		row := map[string]string{}
		for i, column := range records[0] {
			row[column] = r[i]
		}
		if len(row) != len(records[0]) {
			t.Fatalf("%s has a column twice: %q", name, records[0])
		}
		list = append(list, row)
	}
	return list
}

func TestContactsAsTable(t *testing.T) {
	b := newBackup("")
	b.add(item.Contacts, "Contacts", `{"id":"a","displayName":"Bo Müller","givenName":"Bo","surname":"Müller","companyName":"=Fabrikam, Inc","title":"Dr.",
		"emailAddresses":[{"name":"Bo","address":"bo@fabrikam.example"},{"name":"Bo","address":"/o=ExchangeLabs/cn=bo"}],
		"businessPhones":["+49 (30) 1234-5","+1+1"],"homePhones":["030 1","-2"],"mobilePhone":"+cmd|' /C calc'!A0","birthday":"1974-07-22T11:59:00Z",
		"businessAddress":{"street":"A-Street 1\nBack","city":"Köln","countryOrRegion":"Deutschland","postalCode":"01234"},"personalNotes":"- one\r\n- two",
		"categories":["Red","Dark, blue"],"singleValueExtendedProperties":[{"id":"String 0x3A24","value":"+49 30 99"},{"id":"String 0x3a5e","value":"PO 7"}]}`)
	b.add(item.Contacts, "Contacts", `{"id":"b","displayName":"Only a display name"}`)
	for _, format := range []handout.Format{handout.CSV, handout.VCard} {
		dst, result := write(t, b, format)
		list := rows(t, dst, "ann@contoso.example/contacts/Contacts.csv")
		for column, want := range map[string]string{
			"Title": "Dr.", "First Name": "Bo", "Last Name": "Müller", "Company": "'=Fabrikam, Inc", "E-mail Address": "bo@fabrikam.example", "E-mail Type": "SMTP",
			"E-mail 2 Address": "/o=ExchangeLabs/cn=bo", "E-mail 2 Type": "EX", "E-mail 3 Type": "", "Business Phone": "+49 (30) 1234-5", "Business Phone 2": "'+1+1",
			"Home Phone": "030 1", "Home Phone 2": "'-2", "Mobile Phone": "'+cmd|' /C calc'!A0", "Business Fax": "+49 30 99", "Birthday": "1974-07-22", "Business Street": "A-Street 1\nBack",
			"Business City": "Köln", "Business Postal Code": "01234", "Business Country/Region": "Deutschland", "Notes": "'- one\n- two", "Categories": "Red;Dark, blue",
			"Home Address PO Box": "PO 7", "Private": "False",
		} {
			if got, ok := list[0][column]; !ok || got != want {
				t.Errorf("%s: %q, want %q", column, got, want)
			}
		}
		if got := list[1]["First Name"]; got != "Only a display name" {
			t.Errorf("first name %q", got)
		}
		if count(result, handout.Apostrophe) != 1 {
			t.Errorf("notes %+v", result.Notes)
		}
	}
}

func TestEventsAsTable(t *testing.T) {
	b := newBackup("W. Europe Standard Time")
	b.add(item.Events, "Calendar", `{"id":"a","subject":"Call","body":{"contentType":"text","content":"About it"},"isReminderOn":true,"reminderMinutesBeforeStart":30,"showAs":"free",
		"sensitivity":"private","start":{"dateTime":"2026-07-20T22:15:00.0000000","timeZone":"UTC"},"end":{"dateTime":"2026-07-20T23:00:00.0000000","timeZone":"UTC"},
		"attendees":[{"type":"required","emailAddress":{"name":"Bo","address":"bo@fabrikam.example"}}],"recurrence":null}`)
	b.add(item.Events, "Calendar", `{"id":"b","subject":"Trip","isAllDay":true,"start":{"dateTime":"2026-11-20T00:00:00.0000000","timeZone":"UTC"},"end":{"dateTime":"2026-11-22T00:00:00.0000000","timeZone":"UTC"},
		"recurrence":{"pattern":{"type":"daily","interval":1},"range":{"type":"noEnd","startDate":"2026-11-20"}}}`)
	dst, result := write(t, b, handout.CSV)
	list := rows(t, dst, "ann@contoso.example/events/Calendar.csv")
	for i, want := range []map[string]string{
		{
			"Subject": "Call", "Start Date": "2026-07-21", "Start Time": "00:15:00", "End Date": "2026-07-21", "End Time": "01:00:00", "All day event": "False",
			"Reminder on/off": "True", "Reminder Date": "2026-07-20", "Reminder Time": "23:45:00", "Private": "True", "Show time as": "3",
			"Description": "About it\n\nRequired: Bo <bo@fabrikam.example>",
		},
		{"Subject": "Trip", "Start Date": "2026-11-20", "Start Time": "00:00:00", "End Date": "2026-11-22", "End Time": "00:00:00", "All day event": "True", "Reminder Date": "", "Show time as": "2"},
	} {
		for column, cell := range want {
			if got := list[i][column]; got != cell {
				t.Errorf("%s: %q, want %q", column, got, cell)
			}
		}
	}
	if count(result, handout.Repeats) != 1 {
		t.Errorf("notes %+v", result.Notes)
	}
}

func TestTasksAsTable(t *testing.T) {
	b := newBackup("W. Europe Standard Time")
	b.add(item.Tasks, "Tasks", `{"id":"a","title":"Buy pens","status":"waitingOnOthers","importance":"high","categories":["A","B"],"isReminderOn":true,
		"dueDateTime":{"dateTime":"2026-04-30T22:00:00.0000000","timeZone":"UTC"},"startDateTime":{"dateTime":"2026-04-30T00:00:00.0000000","timeZone":"UTC"},
		"reminderDateTime":{"dateTime":"2026-04-30T07:00:00.0000000","timeZone":"UTC"},"body":{"contentType":"text","content":"blue"},
		"checklistItems":[{"displayName":"red","isChecked":true},{"displayName":"green"}],"linkedResources":[{"applicationName":"CRM","displayName":"Case","webUrl":"https://crm.example/1"}]}`)
	dst, _ := write(t, b, handout.CSV)
	row := rows(t, dst, "ann@contoso.example/tasks/Tasks.csv")[0]
	for column, want := range map[string]string{
		"Subject": "Buy pens", "Status": "Waiting on someone else", "Priority": "High", "Categories": "A;B", "Due Date": "2026-05-01", "Start Date": "2026-04-30",
		"Reminder On/Off": "True", "Reminder Date": "2026-04-30", "Reminder Time": "09:00:00", "% Complete": "0", "Date Completed": "",
		"Notes": "blue\n\n[x] red\n[ ] green\nCRM: Case https://crm.example/1",
	} {
		if got := row[column]; got != want {
			t.Errorf("%s: %q, want %q", column, got, want)
		}
	}
}

func TestEveryItemAsTable(t *testing.T) {
	items := 0
	for _, name := range []string{"exports.json", "documented.json"} {
		for _, b := range tenant(t, name) {
			dst, result := write(t, b, handout.CSV)
			got := 0
			for _, f := range dst.names(".csv") {
				for _, row := range rows(t, dst, f) {
					got++
					for column, cell := range row {
						if strings.HasPrefix(cell, "=") || strings.HasPrefix(cell, "@") || !utf8.ValidString(cell) {
							t.Errorf("%s, %s: %q", f, column, cell)
						}
					}
				}
			}
			if want := len(b.lines) - len(result.Left); got != want {
				t.Errorf("%s: %d rows, want %d", b.box.Account.UPN, got, want)
			}
			items += got
		}
	}
	if items < 42+2165+11+19 {
		t.Errorf("only %d items", items)
	}
}

func TestNames(t *testing.T) {
	b := newBackup("")
	b.box.Account.Address = `a/b:"<c>"@contoso.example`
	for i, name := range []string{"Bo", "bo", "BO", "../../etc/passwd", "nul", `a\b:c*d?`, strings.Repeat("ä", 300), "Zoe\u0308", "Zo\u00eb", "x. ", "-rf", "\u202egnp.exe"} {
		data := contactOf(name, "", "", nil)
		b.add(item.Contacts, []string{"Contacts", "Contacts/CRM", "con"}[i%3], strings.Replace(data, `"id of`, `"`+string(rune('a'+i)), 1))
	}
	dst, _ := write(t, b, handout.VCard)
	seen := map[string]bool{}
	for _, name := range dst.names("") {
		for part := range strings.SplitSeq(name, "/") {
			if part == "" || part == ".." || len(part) > 80 || strings.ContainsAny(part, `<>:"\|?*`+"\u202e") || strings.HasSuffix(part, ".") || strings.HasSuffix(part, " ") || strings.HasPrefix(part, "-") {
				t.Errorf("part %q of %q", part, name)
			}
		}
		if len(name) > 230 || len(strings.Split(name, "/")) > 4 || seen[strings.ToLower(name)] {
			t.Errorf("name %q", name)
		}
		seen[strings.ToLower(name)] = true
	}
	if len(seen) != 12+3 {
		t.Errorf("%d files: %q", len(seen), dst.names(""))
	}
	for _, want := range []string{"contacts/_con/", "contacts/Contacts - CRM/", "_nul.vcf"} {
		if !slices.ContainsFunc(dst.names(""), func(n string) bool { return strings.Contains(n, want) }) {
			t.Errorf("no %s in %q", want, dst.names(""))
		}
	}
}

func TestEqualNamesAreNumbered(t *testing.T) {
	b := newBackup("")
	for i, name := range []string{"Bo", "bo", "BO", "Zoe\u0308", "Zo\u00eb"} {
		b.add(item.Contacts, "Contacts", strings.Replace(contactOf(name, "", "", nil), `"id of`, `"`+string(rune('a'+i)), 1))
	}
	dst, _ := write(t, b, handout.VCard)
	want := []string{"BO (3).vcf", "Bo.vcf", "Zoe\u0308.vcf", "Zo\u00eb (2).vcf", "bo (2).vcf"}
	for i, w := range want {
		want[i] = "ann@contoso.example/contacts/Contacts/" + w
	}
	if got := dst.names(".vcf"); !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
}

func TestUnusableItemsAreLeftAndNamed(t *testing.T) {
	b := newBackup("")
	b.add(item.Events, "Calendar", `{"id":"good","start":{"dateTime":"2026-11-20T10:00:00","timeZone":"UTC"},"end":{"dateTime":"2026-11-20T10:00:00","timeZone":"UTC"}}`)
	for _, raw := range []string{
		`{"id":"no start"}`, `{"id":"nonsense","start":{"dateTime":"dateTime-value","timeZone":"UTC"}}`, `{"id":"year one","start":{"dateTime":"0001-01-01T00:00:00","timeZone":"UTC"}}`,
		`{"id":"no zone","start":{"dateTime":"2026-11-20T10:00:00","timeZone":"tzone://Microsoft/Custom"}}`, `{"id":"list","subject":["x"]}`,
	} {
		b.add(item.Events, "Calendar", raw)
	}
	for _, format := range []handout.Format{handout.ICS, handout.CSV} {
		_, result := write(t, b, format)
		var ids []string
		for _, l := range result.Left {
			if l.Why == "" || l.Kind != item.Events || l.Folder != "Calendar" {
				t.Errorf("left %+v", l)
			}
			ids = append(ids, l.ID)
		}
		if want := []string{"no start", "nonsense", "year one", "no zone", "list"}; !slices.Equal(ids, want) {
			t.Errorf("left %q", ids)
		}
		if result.Items[item.Events] != 1 {
			t.Errorf("items %v", result.Items)
		}
	}
}

func TestNotesOfWhatStaysBehind(t *testing.T) {
	b := newBackup("")
	b.add(item.Events, "Calendar", `{"id":"e","start":{"dateTime":"2026-11-20T10:00:00","timeZone":"UTC"},"end":{"dateTime":"2026-11-20T10:00:00","timeZone":"UTC"},"attachments":[{}],"categories":["a;b"]}`)
	b.add(item.Events, "Calendar", `{"id":"f","start":{"dateTime":"2026-11-20T10:00:00","timeZone":"UTC"}}`)
	b.add(item.Tasks, "Tasks", `{"id":"t","attachments":[{}],"recurrence":{"pattern":{"type":"daily"}}}`)
	b.add(item.Contacts, "Contacts", `{"id":"c","displayName":"Bo","photo":{"contentType":"image/png","contentBytes":"AAAA"},"emailAddresses":[{"name":"Other","address":"bo@fabrikam.example"}]}`)
	for format, want := range map[handout.Format][]string{
		handout.CSV:   {handout.Attachments, handout.TaskRepeats, handout.NoPhoto, handout.SplitCategory},
		handout.ICS:   {handout.Attachments, handout.NoEnd},
		handout.VCard: {handout.MailNames},
	} {
		_, result := write(t, b, format)
		for _, what := range want {
			if count(result, what) != 1 {
				t.Errorf("%s: no note %q in %+v", format, what, result.Notes)
			}
		}
	}
}

var errDisk = errors.New("disk full")

type failing struct {
	backup
	lines, blob bool
}

func (f *failing) Lines(kind item.Kind, each func(snapshot.Line) error) error {
	if f.lines {
		return errDisk
	}
	return f.backup.Lines(kind, each)
}

func (f *failing) Blob(name string) ([]byte, error) {
	if f.blob {
		return nil, errDisk
	}
	return f.backup.Blob(name)
}

// target fails at the n-th thing asked of it.
type target struct {
	folder
	left int
}

func (f *target) step() error {
	f.left--
	if f.left < 0 {
		return errDisk
	}
	return nil
}

func (f *target) Create(name string) (io.WriteCloser, error) {
	if err := f.step(); err != nil {
		return nil, err
	}
	w, err := f.folder.Create(name)
	return failingFile{w, f}, err
}

type failingFile struct {
	io.WriteCloser
	in *target
}

func (f failingFile) Write(p []byte) (int, error) {
	if err := f.in.step(); err != nil {
		return 0, err
	}
	return f.WriteCloser.Write(p)
}

func (f failingFile) Close() error {
	return errors.Join(f.in.step(), f.WriteCloser.Close())
}

func TestErrorsEndIt(t *testing.T) {
	full := newBackup("")
	full.add(item.Contacts, "Contacts", `{"id":"c","displayName":"Bo","photo":{"contentType":"image/png","contentBytes":"AAAA"}}`)
	full.add(item.Events, "Calendar", `{"id":"e","start":{"dateTime":"2026-11-20T10:00:00","timeZone":"UTC"},"end":{"dateTime":"2026-11-20T10:00:00","timeZone":"UTC"}}`)
	full.add(item.Tasks, "Tasks", `{"id":"t"}`)
	for _, format := range handout.Formats() {
		if _, err := handout.Write(newFolder(), &failing{backup: *full, lines: true}, full.box, format); !errors.Is(err, errDisk) {
			t.Errorf("%s: %v", format, err)
		}
		steps := 0
		for ; ; steps++ {
			dst := &target{folder: *newFolder(), left: steps}
			_, err := handout.Write(dst, full, full.box, format)
			if dst.open != 0 {
				t.Errorf("%s: %d files open after step %d", format, dst.open, steps)
			}
			if err == nil {
				break
			}
			if !errors.Is(err, errDisk) {
				t.Fatalf("%s: %v", format, err)
			}
		}
		if steps < 3 {
			t.Errorf("%s: only %d steps", format, steps)
		}
	}
	if _, err := handout.Write(newFolder(), &failing{backup: *full, blob: true}, full.box, handout.VCard); !errors.Is(err, errDisk) {
		t.Error(err)
	}
	if _, err := handout.Write(newFolder(), full, full.box, "pst"); err == nil {
		t.Error("an unknown format was written")
	}
}

func TestFormats(t *testing.T) {
	for _, f := range handout.Formats() {
		if got, err := handout.ParseFormat(" " + strings.ToUpper(string(f)) + " "); err != nil || got != f {
			t.Errorf("%q, %v", got, err)
		}
	}
	if _, err := handout.ParseFormat("pst"); err == nil {
		t.Error("pst is a format")
	}
	if got := handout.ZoneOf([]byte(`{"timeZone":"W. Europe Standard Time","language":{}}`)); got != "W. Europe Standard Time" {
		t.Error(got)
	}
	for _, none := range []string{"", "null", "[]", `{"timeZone":null}`} {
		if got := handout.ZoneOf([]byte(none)); got != "" {
			t.Errorf("%s: %q", none, got)
		}
	}
}
