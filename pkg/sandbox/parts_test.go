package sandbox_test

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/riva-prep/riva-prep/pkg/sandbox"
)

const (
	oneEvent = annUser + "/events/AAmeeting"
	oneTask  = annUser + "/todo/lists/AAlist/tasks/AAtask2"
)

// put sends a piece to an upload URL, with or without Authorization.
func (w *world) put(address string, from, to, size int, content []byte, signed bool) reply {
	w.t.Helper()
	req, err := http.NewRequest(http.MethodPut, address, bytes.NewReader(content[from:to]))
	if err != nil {
		w.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/octet-stream")
	req.Header.Set("Content-Range", fmt.Sprintf("bytes %d-%d/%d", from, to-1, size))
	if signed {
		req.Header.Set("Authorization", "Bearer "+w.token)
	}
	res, err := w.http.Do(req)
	if err != nil {
		w.t.Fatal(err)
	}
	return read(w.t, res)
}

func TestAttachmentsOfThreeMegabytesNeedASession(t *testing.T) {
	w := newWorld(t, small(), sandbox.Options{Now: clock})
	post := func(path, typeName string, size int) reply {
		return w.do("POST", path+"/attachments", fmt.Sprintf(`{"@odata.type":"#microsoft.graph.%s","name":"x","contentBytes":"%s"}`,
			typeName, base64.StdEncoding.EncodeToString(make([]byte, size))))
	}
	for path, typeName := range map[string]string{oneEvent: "fileAttachment", oneTask: "taskFileAttachment"} {
		if a := post(path, typeName, 3<<20); a.status != 413 {
			t.Errorf("%s: 3 MB get %d", path, a.status)
		}
		post(path, typeName, 3<<20-1000).want(t, 201)
	}
}

// TestUploadSessions sends 5,000,000 bytes as three pieces.
func TestUploadSessions(t *testing.T) {
	const size = 5_000_000
	content := bytes.Repeat([]byte("0123456789"), size/10)
	for _, c := range []struct {
		path, body, host, next, content string
		signed                          bool
	}{
		{oneEvent, `{"AttachmentItem":{"attachmentType":"file","name":"big","contentType":"text/plain","size":5000000}}`, "outlook.office.com", `["2000000"]`, "", false},
		{oneTask, `{"attachmentInfo":{"attachmentType":"file","name":"big","contentType":"text/plain","size":5000000}}`, "sandbox.example", `["2000000-"]`, "/content", true},
	} {
		w := newWorld(t, small(), sandbox.Options{Now: clock})
		a := w.do("POST", c.path+"/attachments/createUploadSession", c.body).want(t, 201)
		at, err := url.Parse(a.text("uploadUrl"))
		if err != nil || at.Host != c.host {
			t.Fatalf("the upload goes to %s, want %s: %v", at, c.host, err)
		}
		address := strings.Replace(at.String(), at.Path, at.Path+c.content, 1)
		w.put(address, 0, 2_000_000, size, content, !c.signed).want(t, 401)
		w.put(address, 2_000_000, 4_000_000, size, content, c.signed).want(t, 416)
		w.put(address, 0, 2_000_000, size+1, content, c.signed).want(t, 400)
		first := w.put(address, 0, 2_000_000, size, content, c.signed).want(t, 200)
		if !strings.Contains(string(first.raw), `"nextExpectedRanges":`+c.next) {
			t.Errorf("after the first piece: %s", first.raw)
		}
		w.put(address, 0, 2_000_000, size, content, c.signed).want(t, 416)
		w.put(address, 2_000_000, 4_000_000, size, content, c.signed).want(t, 200)
		last := w.put(address, 4_000_000, size, size, content, c.signed).want(t, 201)
		id := last.header.Get("Location")
		id = strings.Trim(id[strings.LastIndexAny(strings.TrimRight(id, "')"), "/'")+1:], "')")
		if got := w.get(c.path+"/attachments/"+id+"/$value").want(t, 200); !bytes.Equal(got.raw, content) {
			t.Errorf("%d bytes came back of %d", len(got.raw), size)
		}
		if a := w.get(c.path).want(t, 200); a.json["hasAttachments"] != true {
			t.Error("the item has no attachments")
		}
		w.put(address, 4_000_000, size, size, content, c.signed).want(t, 404)
	}
}

func TestUploadSessionsRefuse(t *testing.T) {
	w := newWorld(t, small(), sandbox.Options{})
	for _, c := range []struct {
		path, body string
		status     int
		code       string
	}{
		{oneEvent, `{"AttachmentItem":{"attachmentType":"file","name":"x","size":1000}}`, 400, "ErrorAttachmentSizeShouldNotBeLessThanMinimumSize"},
		{oneEvent, `{"AttachmentItem":{"attachmentType":"file","name":"x","size":157286401}}`, 400, "ErrorAttachmentSizeLimitExceeded"},
		{oneEvent, `{"attachmentInfo":{"attachmentType":"file","name":"x","size":4000000}}`, 400, "BadRequest"},
		{oneTask, `{"AttachmentItem":{"attachmentType":"file","name":"x","size":4000000}}`, 400, "invalidRequest/BadRequest"},
		{oneTask, `{"attachmentInfo":{"attachmentType":"file","name":"x","size":27000000}}`, 400, "invalidRequest/ErrorAttachmentSizeLimitExceeded"},
		{annUser + "/events/AAholiday", `{"AttachmentItem":{"attachmentType":"file","name":"x","size":4000000}}`, 403, "ErrorAccessDenied"},
	} {
		w.do("POST", c.path+"/attachments/createUploadSession", c.body).want(t, c.status, c.code)
	}
	w.get(oneEvent+"/attachments/createUploadSession").want(t, 405)
	a := w.do("POST", oneEvent+"/attachments/createUploadSession", `{"AttachmentItem":{"attachmentType":"file","name":"x","size":4000000}}`).want(t, 201)
	w.put(a.text("uploadUrl")+"x", 0, 10, 4_000_000, make([]byte, 10), false).want(t, 401)
	w.do("DELETE", oneEvent, "").want(t, 204)
	w.put(a.text("uploadUrl"), 0, 2_000_000, 4_000_000, make([]byte, 4_000_000), false).want(t, 200)
	w.put(a.text("uploadUrl"), 2_000_000, 4_000_000, 4_000_000, make([]byte, 4_000_000), false).want(t, 404)
}

func TestItemAndReferenceAttachmentsHideTheirContent(t *testing.T) {
	file := strings.Replace(small(), `"contentBytes":"YWJj"}],"extensions"`,
		`"contentBytes":"YWJj"},{"@odata.type":"#microsoft.graph.referenceAttachment","id":"AAref","name":"link","sourceUrl":"https://link.test","providerType":"oneDriveBusiness"}],"extensions"`, 1)
	w := newWorld(t, file, sandbox.Options{})
	at := annUser + "/events/AAsingle/attachments"
	for _, path := range []string{at + "/AAref", at} {
		if a := w.get(path).want(t, 200); !strings.Contains(string(a.raw), `"link"`) || strings.Contains(string(a.raw), "link.test") {
			t.Errorf("%s: %s", path, a.raw)
		}
	}
	w.get(at+"/AAref/$value").want(t, 405)
	w.do("POST", at, `{"@odata.type":"#microsoft.graph.referenceAttachment","name":"x","sourceUrl":"https://x.example"}`).want(t, 400)
	added := w.do("POST", at, `{"@odata.type":"#microsoft.graph.itemAttachment","name":"x","item":{"@odata.type":"#microsoft.graph.event","subject":"within"}}`).want(t, 201)
	one := at + "/" + added.text("id")
	if a := w.get(one).want(t, 200); strings.Contains(string(a.raw), "within") {
		t.Errorf("the item is shown unasked: %s", a.raw)
	}
	if a := w.get(one+"?$expand=microsoft.graph.itemattachment/item").want(t, 200); !strings.Contains(string(a.raw), `"subject":"within"`) {
		t.Errorf("the item is not shown: %s", a.raw)
	}
}

func TestInlineAttachmentsDoNotCount(t *testing.T) {
	w := newWorld(t, small(), sandbox.Options{})
	const inline = `{"@odata.type":"#microsoft.graph.fileAttachment","name":"x","isInline":true,"contentId":"c","contentBytes":"YWJj"}`
	w.do("POST", oneEvent+"/attachments", inline).want(t, 201)
	if a := w.get(oneEvent); a.json["hasAttachments"] != false {
		t.Errorf("one inline attachment: %v", a.json["hasAttachments"])
	}
	w.do("POST", oneEvent+"/attachments", strings.Replace(inline, "true", "false", 1)).want(t, 201)
	if a := w.get(oneEvent); a.json["hasAttachments"] != true {
		t.Errorf("one more that is not: %v", a.json["hasAttachments"])
	}
}

func TestOpenExtensions(t *testing.T) {
	const prefix = "Microsoft.OutlookServices.OpenTypeExtension."
	for _, at := range []string{annUser + "/contacts/AAcontact1", oneEvent, oneTask} {
		w := newWorld(t, small(), sandbox.Options{})
		const body = `{"@odata.type":"microsoft.graph.openTypeExtension","extensionName":"Com.Contoso.Deal","value":1,"tags":["a"]}`
		a := w.do("POST", at+"/extensions", body).want(t, 201)
		if want := prefix + "Com.Contoso.Deal"; at != oneTask && a.text("id") != want {
			t.Errorf("the id is %q, want %q", a.text("id"), want)
		}
		w.do("POST", at+"/extensions", body).want(t, 409)
		w.do("POST", at+"/extensions", `{"@odata.type":"microsoft.graph.openTypeExtension","value":1}`).want(t, 400)
		w.do("PATCH", at+"/extensions/Com.Contoso.Deal", `{"nested":{"a":1}}`).want(t, 400)
		w.do("PATCH", at+"/extensions/Com.Contoso.Deal", `{"value":2,"more":"x"}`).want(t, 200)
		for _, name := range []string{"Com.Contoso.Deal", a.text("id")} {
			if got := w.get(at+"/extensions/"+name).want(t, 200); got.json["value"] != 2.0 || got.text("more") != "x" || got.json["tags"] == nil {
				t.Errorf("%s: %s", name, got.raw)
			}
		}
		if got := w.get(at); got.json["extensions"] != nil {
			t.Errorf("shown unasked: %s", got.raw)
		}
		if at != oneTask {
			got := w.get(at+"?$expand=extensions($filter=id%20eq%20'"+prefix+"Com.Contoso.Deal')").want(t, 200)
			if list, ok := got.json["extensions"].([]any); !ok || len(list) != 1 {
				t.Errorf("not shown by its id: %s", got.raw)
			}
		}
		w.get(at+"/extensions").want(t, 405)
		w.do("DELETE", at+"/extensions/Com.Contoso.Deal", "").want(t, 204)
		w.get(at+"/extensions/Com.Contoso.Deal").want(t, 404)
	}
}

func TestNamedPropertiesAreFoundByIDOnly(t *testing.T) {
	const (
		guid = "{00020329-0000-0000-C000-000000000046}"
		body = `{"singleValueExtendedProperties":[{"id":"String ` + guid + ` Name crmLinkState","value":"Linked"}],` +
			`"multiValueExtendedProperties":[{"id":"StringArray ` + guid + ` Name tags","value":["a","b"]}]`
	)
	w := newWorld(t, small(), sandbox.Options{})
	expand := func(nav, id string) string {
		return "?$expand=" + nav + "($filter=" + url.QueryEscape("id eq '"+id+"'") + ")"
	}
	added := w.do("POST", annUser+"/contacts", body+`,"givenName":"x"}`).want(t, 201)
	w.do("PATCH", oneEvent, body+`}`).want(t, 200)
	for _, at := range []string{annUser + "/contacts/" + added.text("id"), oneEvent} {
		for query, shown := range map[string]bool{
			"": false,
			expand("singleValueExtendedProperties", "String "+guid+" Name crmLinkState"):                  true,
			expand("singleValueExtendedProperties", "string "+strings.ToLower(guid)+" Name crmLinkState"): true,
			expand("singleValueExtendedProperties", "String "+guid+" Name crmlinkstate"):                  false,
			expand("multiValueExtendedProperties", "StringArray "+guid+" Name tags"):                      true,
			expand("multiValueExtendedProperties", "StringArray "+guid+" Name other"):                     false,
		} {
			if a := w.get(at+query).want(t, 200); strings.Contains(string(a.raw), "ExtendedProperties") != shown {
				t.Errorf("%s%s: shown must be %t: %s", at, query, shown, a.raw)
			}
		}
		w.do("PATCH", at, `{"singleValueExtendedProperties":[{"id":"Integer 0x1","value":1}]}`).want(t, 400)
	}
	for filter, want := range map[string]int{
		"ep/id eq 'String " + guid + " Name crmLinkState' and ep/value eq 'Linked'": 1,
		"ep/id eq 'String " + guid + " Name crmLinkState' and ep/value eq 'LINKED'": 1,
		"ep/id eq 'String " + guid + " Name crmlinkstate' and ep/value eq 'Linked'": 0,
		"ep/id eq 'String " + guid + " Name crmLinkState' and ep/value eq 'other'":  0,
	} {
		path := "/events?$filter=" + url.QueryEscape("singleValueExtendedProperties/Any(ep: "+filter+")")
		if a := w.get(annUser+path).want(t, 200); len(a.values()) != want {
			t.Errorf("%s: %d events, want %d", filter, len(a.values()), want)
		}
	}
	w.get(annUser+"/events?$filter="+url.QueryEscape("singleValueExtendedProperties/any/value eq 'x'")).want(t, 400, "ErrorInvalidUrlQueryFilter")
}

func TestATransactionIDOutlivesItsEvent(t *testing.T) {
	const body = `{"subject":"once","transactionId":"T1","start":{"dateTime":"2026-11-20T10:00:00","timeZone":"UTC"},"end":{"dateTime":"2026-11-20T11:00:00","timeZone":"UTC"}}`
	for _, end := range []func(w *world, id string){
		func(w *world, id string) { w.do("DELETE", annUser+"/events/"+id, "").want(t, 204) },
		func(w *world, id string) { w.do("POST", annUser+"/events/"+id+"/permanentDelete", "").want(t, 204) },
	} {
		w := newWorld(t, small(), sandbox.Options{})
		first := w.do("POST", annUser+"/events", body).want(t, 201).text("id")
		if again := w.do("POST", annUser+"/events", body).want(t, 201).text("id"); again != first {
			t.Errorf("the same id made %q and %q", first, again)
		}
		w.do("PATCH", annUser+"/events/"+first, `{"transactionId":"T1"}`).want(t, 400, "ErrorInvalidRequest")
		end(w, first)
		w.do("POST", annUser+"/events", body).want(t, 400, "ErrorDuplicateTransactionId")
	}
}
