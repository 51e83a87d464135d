package transfer

import (
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"strings"

	"github.com/riva-prep/riva-prep/pkg/sandbox/rawjson"
	"github.com/riva-prep/riva-prep/pkg/sandbox/tenant"
	"github.com/riva-prep/riva-prep/pkg/sandbox/wire"
)

// maxExport is how many items one export takes (Graph docs,
// mailbox-exportitems).
const maxExport = 20

// export serves exportItems. An item that cannot be exported has an error in
// its place, the others come; nobody promises their order.
func (p *place) export() (wire.Answer, error) {
	if err := p.service.allowed(p.Request, "exportItems", exportItems); err != nil {
		return wire.Answer{}, err
	}
	if p.Method != http.MethodPost {
		return wire.Answer{}, wire.NotAllowed(p.Method)
	}
	wanted, err := p.wanted()
	if err != nil {
		return wire.Answer{}, err
	}
	values := make([]rawjson.Object, 0, len(wanted))
	for _, n := range p.service.Shuffle(len(wanted)) {
		one, err := p.exported(wanted[n])
		if err != nil {
			return wire.Answer{}, err
		}
		values = append(values, one)
	}
	return wire.Reply(200, rawjson.Of("@odata.context", p.ContextOf("Collection(microsoft.graph.exportItemResponse)"), "value", values))
}

// wanted are the ids in the body. The schema spells the member ItemIds, the
// documentation itemIds, and both are taken.
func (p *place) wanted() ([]string, error) {
	body, err := p.Object()
	if err != nil {
		return nil, err
	}
	var list []string
	for name, value := range body.Members() {
		if !strings.EqualFold(name, "ItemIds") {
			return nil, wire.BadBody("The parameter '" + name + "' in the request payload is not a valid parameter for the operation 'exportItems'.")
		}
		if json.Unmarshal(value, &list) != nil {
			return nil, wire.BadBody("ItemIds must be a collection of strings.")
		}
	}
	if len(list) == 0 || len(list) > maxExport {
		return nil, &wire.Fail{
			Status: 400, Code: "ErrorInvalidRequest",
			Message: "An export takes 1 to " + strconv.Itoa(maxExport) + " items; " + strconv.Itoa(len(list)) + " were asked for.",
		}
	}
	return list, nil
}

func (p *place) exported(id string) (rawjson.Object, error) {
	it, err := p.box.Anywhere(id)
	if errors.Is(err, tenant.ErrNotFound) {
		return rawjson.Of("itemId", id, "changeKey", nil, "error",
			rawjson.Of("code", "ErrorItemNotFound", "message", "The specified object was not found in the store.")), nil
	}
	if err != nil {
		return nil, err
	}
	return rawjson.Of("itemId", id, "changeKey", changeKey(it), "data", Pack(it)), nil
}
