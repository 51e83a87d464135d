package main_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"filippo.io/age"
	"github.com/rogpeppe/go-internal/testscript"

	"github.com/riva-prep/riva-prep/pkg/sandbox"
)

// backCommands are what the scripts about backups, restoring and undoing need
// besides the common ones.
func backCommands() map[string]func(*testscript.TestScript, bool, []string) {
	return map[string]func(*testscript.TestScript, bool, []string){
		"pick":     pick,
		"graph":    graphCall,
		"keep":     keep,
		"without":  withoutAccount,
		"age-keys": ageKeys,
		"newest":   newest,
		"absent":   absent,
		"glob":     glob,
	}
}

// pick puts a value of a JSON document into an environment variable, by the
// names and numbers on the way to it: pick ID stdout mailboxes.0.steps.0.id.
func pick(ts *testscript.TestScript, _ bool, args []string) {
	var value any
	ts.Check(json.Unmarshal([]byte(ts.ReadFile(args[1])), &value))
	for word := range strings.SplitSeq(args[2], ".") {
		switch v := value.(type) {
		case map[string]any:
			value = v[word]
		case []any:
			n, err := strconv.Atoi(word)
			if err != nil || n >= len(v) {
				ts.Fatalf("%s: no element %s among %d", args[2], word, len(v))
			}
			value = v[n]
		}
	}
	if value == nil {
		ts.Fatalf("%s is not in %s", args[2], args[1])
	}
	ts.Setenv(args[0], fmt.Sprint(value))
}

// graphCall sends a request as another app would: graph ready.json DELETE
// users/ann@contoso.example/contacts/ID, with a body as the last argument.
func graphCall(ts *testscript.TestScript, _ bool, args []string) {
	var ready sandbox.Ready
	ts.Check(json.Unmarshal([]byte(ts.ReadFile(args[0])), &ready))
	client, err := trustingClient(ready.CAFile)
	ts.Check(err)
	defer client.CloseIdleConnections()
	form := url.Values{
		"grant_type": {"client_credentials"}, "client_id": {ready.ClientID},
		"client_secret": {ready.ClientSecret}, "scope": {"https://graph.microsoft.com/.default"},
	}
	resp, err := client.PostForm(ready.Authority+"/"+ready.TenantID+"/oauth2/v2.0/token", form)
	ts.Check(err)
	var token struct {
		Text string `json:"access_token"`
	}
	ts.Check(errors.Join(json.NewDecoder(resp.Body).Decode(&token), resp.Body.Close()))
	var body io.Reader
	if len(args) > 3 {
		body = strings.NewReader(args[3])
	}
	req, err := http.NewRequest(args[1], ready.Graph+"/v1.0/"+args[2], body)
	ts.Check(err)
	req.Header = http.Header{
		"Authorization": {"Bearer " + token.Text}, "Prefer": {`IdType="ImmutableId"`}, "Content-Type": {"application/json"},
	}
	resp, err = client.Do(req)
	ts.Check(err)
	defer resp.Body.Close()
	if answer, err := io.ReadAll(resp.Body); err != nil || resp.StatusCode >= 300 {
		ts.Fatalf("%s %s: %s %.300s, %v", args[1], args[2], resp.Status, answer, err)
	}
}

// keep writes what a control endpoint answers to a file: keep ready.json tenant
// tenant.json.
func keep(ts *testscript.TestScript, _ bool, args []string) {
	var ready sandbox.Ready
	ts.Check(json.Unmarshal([]byte(ts.ReadFile(args[0])), &ready))
	client, err := trustingClient(ready.CAFile)
	ts.Check(err)
	defer client.CloseIdleConnections()
	resp, err := client.Get(ready.Control + args[1])
	ts.Check(err)
	defer resp.Body.Close()
	data, err := io.ReadAll(resp.Body)
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs(args[2]), data, 0o600))
}

// withoutAccount writes a tenant file less an account: without tenant.json less.json ADDRESS.
func withoutAccount(ts *testscript.TestScript, _ bool, args []string) {
	var tenant map[string]any
	decoder := json.NewDecoder(bytes.NewReader([]byte(ts.ReadFile(args[0]))))
	decoder.UseNumber()
	ts.Check(decoder.Decode(&tenant))
	users, _ := tenant["users"].([]any)
	left := slices.DeleteFunc(slices.Clone(users), func(u any) bool { return u.(map[string]any)["mail"] == args[2] })
	if len(left) != len(users)-1 {
		ts.Fatalf("%s is not in %s", args[2], args[0])
	}
	tenant["users"] = left
	data, err := json.Marshal(tenant)
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs(args[1]), data, 0o600))
}

// ageKeys makes a pair of keys: age-keys key.txt recipient.txt.
func ageKeys(ts *testscript.TestScript, _ bool, args []string) {
	identity, err := age.GenerateX25519Identity()
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(identity.String()+"\n"), 0o600))
	ts.Check(os.WriteFile(ts.MkAbs(args[1]), []byte(identity.Recipient().String()+"\n"), 0o600))
}

// newest puts the id of a store's latest snapshot into an environment variable,
// finished or not: newest store VAR.
func newest(ts *testscript.TestScript, _ bool, args []string) {
	all, err := filepath.Glob(filepath.Join(ts.MkAbs(args[0]), "snapshots", "*"))
	if err != nil || len(all) == 0 {
		ts.Fatalf("no snapshot in %s, %v", args[0], err)
	}
	ts.Setenv(args[1], filepath.Base(slices.Max(all)))
}

// absent fails unless no file of a folder holds the text: absent store TEXT.
func absent(ts *testscript.TestScript, _ bool, args []string) {
	files := 0
	ts.Check(filepath.WalkDir(ts.MkAbs(args[0]), func(name string, entry os.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		files++
		data, err := os.ReadFile(name)
		if err == nil && bytes.Contains(data, []byte(args[1])) {
			ts.Fatalf("%s holds %q", name, args[1])
		}
		return err
	}))
	if files == 0 {
		ts.Fatalf("no file in %s", args[0])
	}
}

// glob puts the one path that a pattern fits into an environment variable: glob
// store/runs/undo-* VAR.
func glob(ts *testscript.TestScript, _ bool, args []string) {
	all, err := filepath.Glob(ts.MkAbs(args[0]))
	if err != nil || len(all) != 1 {
		ts.Fatalf("%s fits %q, %v", args[0], all, err)
	}
	ts.Setenv(args[1], all[0])
}
