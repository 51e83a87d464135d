package graph_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/riva-prep/riva-prep/pkg/graph"
	"github.com/riva-prep/riva-prep/pkg/item"
	"github.com/riva-prep/riva-prep/pkg/mailbox"
	"github.com/riva-prep/riva-prep/pkg/sandbox"
	"github.com/riva-prep/riva-prep/pkg/sandbox/access"
)

// crowded is a tenant whose one mailbox has n contacts and n events of about
// size bytes each.
func crowded(n, size int) string {
	var contacts, events []string
	for i := range n {
		contacts = append(contacts, fat(contact(fmt.Sprint("k", i), "Grace", ""), "personalNotes", size))
		events = append(events, fat(strings.Replace(event(fmt.Sprint("e", i+2), "singleInstance", ""), `"iCalUId"`, `"transactionId":null,"iCalUId"`, 1), "bodyPreview", size))
	}
	return fmt.Sprintf(`{"tenantId":"3f1c2d4e-0000-4000-8000-000000000001","displayName":"Contoso","users":[{"id":"a1",
		"userPrincipalName":"ada@contoso.example","mail":"ada@contoso.example","displayName":"Ada","userPurpose":"user","mailbox":true,"masterCategories":[],
		"contactFolders":[{"id":"f0","displayName":"Contacts","wellKnownName":"contacts","parentFolderId":null,"contacts":[%s]}],
		"calendars":[{"id":"c0","name":"Calendar","isDefaultCalendar":true,"canEdit":true,"owner":{"name":"Ada","address":"ada@contoso.example"},"events":[%s]}],
		"todoLists":[]}],"groups":[]}`, strings.Join(contacts, ","), strings.Join(events, ","))
}

// fat fills an item up with text.
func fat(it, member string, size int) string {
	return strings.TrimSuffix(it, "}") + fmt.Sprintf(`,%q:"%s"}`, member, strings.Repeat("x", max(0, size-len(it))))
}

// Three thousand items cost few requests: to open the mailbox, list them whole,
// and read all ids once more.
func TestFewRequests(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, crowded(1500, 1<<10), sandbox.Options{Limits: true, Latency: 50 * time.Millisecond, Now: time.Now})
		box := w.open(t, "ada@contoso.example")
		before := len(w.wire.calls()) - 1 // to open it is one of them
		start, found, checked := time.Now(), 0, 0
		for _, kind := range []item.Kind{item.Contacts, item.Events} {
			folders, err := box.Folders(t.Context(), kind)
			if err != nil || len(folders) != 1 {
				t.Fatalf("%d folders, %v", len(folders), err)
			}
			var listed []string
			err = box.List(t.Context(), folders[0], mailbox.Whole, func(page []item.Item) error {
				for _, it := range page {
					listed = append(listed, it.ID)
				}
				return nil
			})
			ids, counted, again := box.IDs(t.Context(), folders[0])
			if err != nil || again != nil || !slices.Equal(listed, ids) || counted != len(ids) {
				t.Errorf("%s: %d listed, %d ids, %d counted, %v, %v", kind, len(listed), len(ids), counted, err, again)
			}
			found, checked = found+len(listed), checked+len(ids)
		}
		sent := len(w.wire.calls()) - before
		if found != 3000 || checked != 3000 || sent > 16 {
			t.Errorf("%d items and %d ids by %d requests, want 3000 by at most 16", found, checked, sent)
		}
		t.Logf("%d requests, %s", sent, time.Since(start))
	})
}

// A visitor may be slow and may ask the same mailbox, however many listings
// there are: what is handed on holds no place at the gate.
func TestVisitorsMaySend(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, contosoFile(), sandbox.Options{Limits: true, Latency: 50 * time.Millisecond, Now: time.Now})
		box := w.open(t, "ada@contoso.example")
		folders, err := box.Folders(t.Context(), item.Events)
		if err != nil {
			t.Fatal(err)
		}
		var group sync.WaitGroup
		var visits atomic.Int64
		for range 8 {
			group.Go(func() {
				err := box.List(t.Context(), folders[0], mailbox.Whole, func(page []item.Item) error {
					time.Sleep(2 * time.Hour) // far more than one try may take
					for _, it := range page {
						visits.Add(1)
						if _, err := box.Get(t.Context(), it.Folder, it.ID); err != nil {
							return err
						}
					}
					return nil
				})
				if err != nil {
					t.Error(err)
				}
			})
		}
		group.Wait()
		if visits.Load() != 8*3 {
			t.Errorf("%d visits, want 24", visits.Load())
		}
		if counts := w.box.Counts(); counts.MaxInService > 4 || counts.Refused != 0 {
			t.Errorf("%d in service, %d refused", counts.MaxInService, counts.Refused)
		}
	})
}

// What must be named comes with whole items: ours, and what the operator names.
func TestNamedProperties(t *testing.T) {
	const ours, crm = "String {00020329-0000-0000-C000-000000000046} Name ours", "String {00020329-0000-0000-C000-000000000046} Name crmid"
	operator := func(c *graph.Config) { c.Properties, c.Extensions = []string{ours}, []string{"com.contoso.deal"} }
	for _, test := range []struct {
		name     string
		change   []func(*graph.Config)
		has, not []string
	}{
		{"by default", nil, []string{crm}, []string{ours, "extensions"}},
		{"by the operator's names too", []func(*graph.Config){operator}, []string{crm, ours, `"extensions"`, "com.contoso.deal"}, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := newWorld(t, contosoFile(), sandbox.Options{}, test.change...)
			box := w.open(t, "ada@contoso.example")
			listed := items(t, box, item.Contacts, mailbox.Whole)[0]
			alone, err := box.Get(t.Context(), listed.Folder, listed.ID)
			if err != nil {
				t.Fatal(err)
			}
			for _, it := range []item.Item{listed, alone} {
				if !it.HasPhoto || it.Mark != "run 7" {
					t.Errorf("photo %v, mark %q", it.HasPhoto, it.Mark)
				}
				for _, text := range test.has {
					if !bytes.Contains(it.Raw, []byte(text)) {
						t.Errorf("%s is missing: %s", text, it.Raw)
					}
				}
				for _, text := range test.not {
					if bytes.Contains(it.Raw, []byte(text)) {
						t.Errorf("%s is there: %s", text, it.Raw)
					}
				}
			}
			if it := items(t, box, item.Contacts, mailbox.Marked)[0]; it.Mark != "run 7" || bytes.Contains(it.Raw, []byte("crmid")) {
				t.Errorf("marked: %q, %s", it.Mark, it.Raw)
			}
			if it := items(t, box, item.Contacts, mailbox.Brief)[0]; it.Mark != "" {
				t.Errorf("brief: %q", it.Mark)
			}
		})
	}
	if _, err := graph.New(graph.Config{Sandbox: &graph.Sandbox{Graph: host, Authority: host, TenantID: "t", ClientID: "c", ClientSecret: "s"}, Properties: []string{"crmid"}}); !errors.Is(err, graph.ErrConfig) {
		t.Errorf("a property without a form: %v, want ErrConfig", err)
	}
}

// TestMarkersAreListed: what an item is known by as a plug-in's comes with every
// listing, brief ones too, once it was named; and nothing else does.
func TestMarkersAreListed(t *testing.T) {
	const crm = "String {00020329-0000-0000-C000-000000000046} Name crmid"
	for _, named := range []bool{false, true} {
		w := newWorld(t, contosoFile(), sandbox.Options{}, func(cfg *graph.Config) {
			if named {
				cfg.Markers = []string{crm}
			}
		})
		box := w.open(t, "ada@contoso.example")
		for _, view := range []mailbox.View{mailbox.Brief, mailbox.Marked} {
			it := items(t, box, item.Contacts, view)[0]
			has := slices.ContainsFunc(it.Properties(), func(p item.Property) bool { return strings.EqualFold(p.ID, crm) && p.Value != "" })
			if has != named || (it.Mark != "") != (view == mailbox.Marked) {
				t.Errorf("named %v, view %d: properties %+v, mark %q", named, view, it.Properties(), it.Mark)
			}
		}
	}
}

// zonedSeries is contosoFile with a series that repeats in a zone.
func zonedSeries(zone string) string {
	return strings.Replace(contosoFile(), `,"recurrence":{`, fmt.Sprintf(`,"originalStartTimeZone":%q,"recurrence":{`, zone), 1)
}

// A series is read in its own zone, if the service knows it.
func TestSeriesInItsOwnZone(t *testing.T) {
	for _, test := range []struct {
		zone  string
		asked []string // by preference, request by request
		start string
	}{
		{"W. Europe Standard Time", []string{"W. Europe Standard Time"}, `{"dateTime":"2026-03-02T10:00:00.0000000","timeZone":"W. Europe Standard Time"}`},
		{"Asia/Tokyo", []string{"Asia/Tokyo"}, `{"dateTime":"2026-03-02T18:00:00.0000000","timeZone":"Asia/Tokyo"}`},
		{"Nowhere Standard Time", []string{"Nowhere Standard Time", ""}, `{"dateTime":"2026-03-02T09:00:00.0000000","timeZone":"UTC"}`},
		{"tzone://Microsoft/Custom", []string{""}, `{"dateTime":"2026-03-02T09:00:00.0000000","timeZone":"UTC"}`},
		{"TZONE://Microsoft/Utc", []string{""}, `{"dateTime":"2026-03-02T09:00:00.0000000","timeZone":"UTC"}`},
		{"", []string{""}, `{"dateTime":"2026-03-02T09:00:00.0000000","timeZone":"UTC"}`},
		{"quote\" and\r\nbreak", []string{""}, `{"dateTime":"2026-03-02T09:00:00.0000000","timeZone":"UTC"}`},
	} {
		t.Run(test.zone, func(t *testing.T) {
			w := newWorld(t, zonedSeries(test.zone), sandbox.Options{})
			box := w.open(t, "ada@contoso.example")
			master := items(t, box, item.Events, mailbox.Brief)[2]
			if master.Event.Zone != test.zone {
				t.Errorf("the zone is %q in brief", master.Event.Zone)
			}
			before := len(w.wire.calls())
			raw, err := box.Series(t.Context(), master)
			var series struct {
				Start, Recurrence json.RawMessage
			}
			if err != nil || json.Unmarshal(raw, &series) != nil || string(series.Start) != test.start || series.Recurrence == nil {
				t.Errorf("%s, %v; want %s", raw, err, test.start)
			}
			var asked []string
			for _, req := range w.wire.calls()[before:] {
				prefer := req.Header.Get("Prefer")
				_, zone, _ := strings.Cut(prefer, `, outlook.timezone="`)
				asked = append(asked, strings.TrimSuffix(zone, `"`))
				if !strings.HasPrefix(prefer, `IdType="ImmutableId"`) {
					t.Errorf("Prefer is %q", prefer)
				}
			}
			if !slices.Equal(asked, test.asked) {
				t.Errorf("asked for the zones %q, want %q", asked, test.asked)
			}
		})
	}
}

// What a cloud or a permission lacks is said to be not offered.
func TestNotOffered(t *testing.T) {
	without := func(roles ...string) []string {
		return slices.DeleteFunc(sandbox.AllRoles(), func(r string) bool { return slices.Contains(roles, r) })
	}
	tests := []struct {
		name    string
		options sandbox.Options
		absent  string
	}{
		{"everything", sandbox.Options{}, ""},
		{"China", sandbox.Options{Cloud: access.China}, "tasks categories export"},
		{"US government", sandbox.Options{Cloud: access.USGov}, "export"},
		{"no right to export", sandbox.Options{Roles: without("MailboxItem.Export.All", "MailboxItem.ImportExport.All")}, "export"},
		{"no right to settings", sandbox.Options{Roles: without("MailboxSettings.Read", "MailboxSettings.ReadWrite")}, "categories settings"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			box := newWorld(t, contosoFile(), test.options).open(t, "ada@contoso.example")
			_, tasks := box.Folders(t.Context(), item.Tasks)
			_, categories := box.Categories(t.Context())
			_, settings := box.Settings(t.Context())
			_, export := box.Export(t.Context(), items(t, box, item.Contacts, mailbox.Brief)[:1])
			var absent []string
			for _, part := range []struct {
				name string
				err  error
			}{{"tasks", tasks}, {"categories", categories}, {"settings", settings}, {"export", export}} {
				if errors.Is(part.err, mailbox.ErrNotOffered) {
					absent = append(absent, part.name)
				} else if part.err != nil {
					t.Errorf("%s: %v, want ErrNotOffered or nothing", part.name, part.err)
				}
			}
			if got := strings.Join(absent, " "); got != test.absent {
				t.Errorf("not offered: %q, want %q", got, test.absent)
			}
		})
	}
}

// A full mailbox has no delta, and keeps its task lists.
func TestFullMailboxKeepsItsTaskLists(t *testing.T) {
	w := newWorld(t, strings.Replace(contosoFile(), `"displayName":"Ada","userPurpose"`, `"displayName":"Ada","state":"overQuota","userPurpose"`, 1), sandbox.Options{})
	folders, err := w.open(t, "ada@contoso.example").Folders(t.Context(), item.Tasks)
	if err != nil || len(folders) != 4 {
		t.Errorf("%d task lists, %v; want 4", len(folders), err)
	}
}

// A contact that was moved is not where it is looked for, even if the service
// finds it by its id.
func TestContactInAnotherFolder(t *testing.T) {
	w := newWorld(t, contosoFile(), sandbox.Options{})
	box := w.open(t, "ada@contoso.example")
	it := items(t, box, item.Contacts, mailbox.Brief)[0]
	for parent, want := range map[string]error{"f0": nil, "deleted-items": mailbox.ErrGone} {
		w.wire.hijack = func(*http.Request) *http.Response {
			return answer(200, fmt.Sprintf(`{"id":%q,"@odata.etag":"W/\"x\"","parentFolderId":%q}`, it.ID, parent))
		}
		if _, err := box.Get(t.Context(), it.Folder, it.ID); !errors.Is(err, want) {
			t.Errorf("in %s: %v, want %v", parent, err, want)
		}
	}
	w.wire.hijack = func(*http.Request) *http.Response { return answer(200, `{"id":"another"}`) }
	if _, err := box.Get(t.Context(), it.Folder, it.ID); !errors.Is(err, mailbox.ErrIncomplete) {
		t.Errorf("another contact: %v, want ErrIncomplete", err)
	}
}

// That a photo is not there is told from a contact that is not, and from a
// service that lost its way.
func TestPhotoThatIsNotThere(t *testing.T) {
	const absent = `{"error":{"code":"ErrorItemNotFound","message":"x"}}`
	for _, test := range []struct {
		name           string
		photo, contact int
		body           string
		is             error
		none           bool
	}{
		{"no photo", 404, 200, absent, nil, true},
		{"no contact", 404, 404, absent, mailbox.ErrGone, false},
		{"an empty answer", 404, 200, "", mailbox.ErrGone, false},
		{"denied", 403, 200, `{"error":{"code":"ErrorAccessDenied"}}`, mailbox.ErrDenied, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, contosoFile(), sandbox.Options{Now: time.Now})
				box := w.open(t, "ada@contoso.example")
				it := items(t, box, item.Contacts, mailbox.Brief)[0]
				w.wire.hijack = func(req *http.Request) *http.Response {
					if strings.HasSuffix(req.URL.Path, "/$value") {
						return answer(test.photo, test.body)
					}
					return answer(test.contact, map[int]string{200: `{"id":"x"}`, 404: absent}[test.contact])
				}
				photo, err := box.Photo(t.Context(), it)
				if photo != nil || !errors.Is(err, test.is) || (err == nil) != test.none {
					t.Errorf("Photo = %v, %v; want %v", photo, err, test.is)
				}
			})
		})
	}
}

// exporting lets answer see what exports ask for, and returns how many each did.
func exporting(t *testing.T, w *world, answer func(ids []string) *http.Response) *[]int {
	var sizes []int
	w.wire.hijack = func(req *http.Request) *http.Response {
		if !strings.HasSuffix(req.URL.Path, "/exportItems") {
			return nil
		}
		body, err := io.ReadAll(req.Body)
		if err != nil {
			t.Error(err)
		}
		req.Body = io.NopCloser(bytes.NewReader(body))
		var asked struct {
			IDs []string `json:"itemIds"`
		}
		if err := json.Unmarshal(body, &asked); err != nil {
			t.Error(err)
		}
		sizes = append(sizes, len(asked.IDs))
		return answer(asked.IDs)
	}
	return &sizes
}

// An item that cannot be exported, or not beside others, costs only itself.
func TestExportThatFailsInPart(t *testing.T) {
	for _, test := range []struct {
		name   string
		most   int
		bad    bool
		status int
		sizes  string
	}{
		{"nothing is wrong", 20, false, 200, "16"},
		{"too many at once", 8, false, 400, "16 8 8"},
		{"one alone at a time", 1, false, 400, "16 8 4 2 1 1 2 1 1 4 2 1 1 2 1 1 8 4 2 1 1 2 1 1 4 2 1 1 2 1 1"},
		{"one that is never exported", 20, true, 400, "16 8 4 2 1 1 2 4 8"},
		{"one on which the service fails", 20, true, 500, "16 16 16 8 8 8 4 4 4 2 2 2 1 1 1 1 2 4 8"},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, crowded(20, 0), sandbox.Options{Now: time.Now})
				box := w.open(t, "ada@contoso.example")
				asked := items(t, box, item.Contacts, mailbox.Brief)[:16]
				bad := ""
				if test.bad {
					bad = asked[0].ID
				}
				sizes := exporting(t, w, func(ids []string) *http.Response {
					if len(ids) > test.most || slices.Contains(ids, bad) {
						return answer(test.status, `{"error":{"code":"ErrorX","message":"private subject"}}`)
					}
					return nil
				})
				streams, err := box.Export(t.Context(), asked)
				if err != nil || len(streams) != len(asked) {
					t.Fatalf("%d streams, %v", len(streams), err)
				}
				for i, s := range streams {
					if failed := s.Err != nil; s.ID != asked[i].ID || failed != (test.bad && i == 0) || failed == (len(s.Data) > 0) {
						t.Errorf("stream %d is of %s with %d bytes: %v", i, s.ID, len(s.Data), s.Err)
					}
					if s.Err != nil && (errors.Is(s.Err, mailbox.ErrUnclear) || strings.Contains(s.Err.Error(), "private")) {
						t.Errorf("stream %d: %v", i, s.Err)
					}
				}
				if got := strings.Trim(fmt.Sprint(*sizes), "[]"); got != test.sizes {
					t.Errorf("asked for %s at once, want %s", got, test.sizes)
				}
			})
		})
	}
}
