package rebuild_test

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/riva-prep/riva-prep/pkg/item"
	"github.com/riva-prep/riva-prep/pkg/rebuild"
)

const emptyTenant = `{"tenantId":"99999999-0000-4000-8000-000000000009","displayName":"Small","users":[{"id":"11111111-0000-4000-8000-000000000001",
	"userPrincipalName":"ann@contoso.example","mail":"ann@contoso.example","displayName":"Ann","userPurpose":"user","mailbox":true,"masterCategories":[],
	"contactFolders":[{"id":"AAf","displayName":"Contacts","wellKnownName":"contacts","parentFolderId":null,"contacts":[]}],
	"calendars":[{"id":"AAc","name":"Calendar","isDefaultCalendar":true,"canEdit":true,"owner":{"name":"Ann","address":"ann@contoso.example"},"events":[]}],
	"todoLists":[{"id":"AAl","displayName":"Tasks","isOwner":true,"isShared":false,"wellknownListName":"defaultList","tasks":[]}]}],"groups":[]}`

// Whatever an item holds, it can be made again, and nothing but the published
// losses sets it apart from what it was.
func TestGeneratedItemsAreMadeAgain(t *testing.T) {
	kinds := map[item.Kind]int{}
	rapid.Check(t, func(rt *rapid.T) {
		s := serve(t, []byte(emptyTenant))
		u := usersOf(t, []byte(emptyTenant))[0]
		made := map[string]rebuild.Copy{}
		for i := range 3 {
			c := anyItem(rt, i)
			made[s.remake(u, c)] = c
			kinds[c.Line.Kind]++
		}
		dump := s.do(200, "GET", host+"/sandbox/tenant", nil, "").raw
		compared := 0
		for _, after := range usersOf(t, dump)[0].copies(t) {
			before, ok := made[after.Line.ID]
			if !ok {
				continue
			}
			compared++
			zoned(t, &after)
			if found := rebuild.Differences(before, after); len(found) > 0 {
				rt.Fatalf("%+v\n%s\n%s", found, before.Line.Item, before.Line.Series)
			}
		}
		if compared != len(made) || strings.Contains(string(s.do(200, "GET", host+"/sandbox/outbox", nil, "").raw), "@") {
			rt.Fatalf("compared %d of %d items", compared, len(made))
		}
		if t.Failed() {
			rt.Fatal("the sandbox refused a request")
		}
	})
	for _, kind := range item.Kinds() {
		if kinds[kind] < 20 {
			t.Errorf("only %d %s", kinds[kind], kind)
		}
	}
}
