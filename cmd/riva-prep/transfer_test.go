package main_test

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/riva-prep/riva-prep/pkg/sandbox"
)

// reimport exports all items of a user's folder, by its well-known name, and
// imports them into it again: reimport ready.json ann@contoso.example calendar.
func reimport(ts *testscript.TestScript, _ bool, args []string) {
	var ready sandbox.Ready
	ts.Check(json.Unmarshal([]byte(ts.ReadFile(args[0])), &ready))
	client, err := trustingClient(ready.CAFile)
	ts.Check(err)
	defer client.CloseIdleConnections()
	ask := func(method, address, token, body string) object {
		return asked(ts, client, method, address, token, body)
	}

	form := url.Values{
		"grant_type": {"client_credentials"}, "client_id": {ready.ClientID},
		"client_secret": {ready.ClientSecret}, "scope": {"https://graph.microsoft.com/.default"},
	}
	token := text(ask("POST", ready.Authority+"/"+ready.TenantID+"/oauth2/v2.0/token", "", form.Encode()), "access_token")
	graph := ready.Graph + "/v1.0"
	box := graph + "/admin/exchange/mailboxes/" + text(ask("GET", graph+"/users/"+args[1]+"/settings/exchange", token, ""), "primaryMailboxId")
	folder := text(ask("GET", box+"/folders/"+args[2], token, ""), "id")
	target := text(ask("POST", box+"/createImportSession", token, "{}"), "importUrl")
	if strings.HasPrefix(target, ready.Graph) {
		ts.Fatalf("the import address is at Graph's own host")
	}
	listed := members(ask("GET", box+"/folders/"+args[2]+"/items?$top=1000", token, ""), "value")
	if len(listed) == 0 {
		ts.Fatalf("no items in %s", args[2])
	}
	for _, it := range listed {
		exported := members(ask("POST", box+"/exportItems", token, `{"ItemIds":["`+text(it, "id")+`"]}`), "value")
		order, err := json.Marshal(map[string]string{"FolderId": folder, "Mode": "create", "Data": text(exported[0], "data")})
		ts.Check(err)
		if made := text(ask("POST", target, "", string(order)), "itemId"); made == "" || made == text(it, "id") {
			ts.Fatalf("%s was imported as %q", text(it, "id"), made)
		}
	}
}

// asked is the answer to a request, which must succeed.
func asked(ts *testscript.TestScript, client *http.Client, method, address, token, body string) (out object) {
	req, err := http.NewRequestWithContext(context.Background(), method, address, strings.NewReader(body))
	ts.Check(err)
	req.Header.Set("Content-Type", "application/json")
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	if strings.HasPrefix(body, "client_id") {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	resp, err := client.Do(req)
	ts.Check(err)
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	ts.Check(err)
	if resp.StatusCode != http.StatusOK {
		ts.Fatalf("%s %s: %d %.500s", method, req.URL.Path, resp.StatusCode, answer)
	}
	ts.Check(json.Unmarshal(answer, &out))
	return out
}
