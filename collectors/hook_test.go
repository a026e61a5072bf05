package collectors

import (
	"net/url"
	"testing"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/config"
)

func TestDeliveriesThatCannotBeVerifiedAreRefusedWithTheConfiguration(t *testing.T) {
	at := &url.URL{Scheme: "https", Host: "desk.example"}
	rt := config.Source{Name: "it", Vendor: "requesttracker", Block: new(config.RequestTracker), URL: at, QuotaShare: 1, WebhookSecretFile: "secret"}
	_, err := Connect(rt, nil, "test")
	if want := "source it: requesttracker pushes nothing that can be verified: remove webhook"; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
	for _, file := range []string{"", "secret"} {
		c, err := Connect(config.Source{Name: "shop", Vendor: "gorgias", URL: at, QuotaShare: 1, WebhookSecretFile: file}, nil, "test")
		if err != nil {
			t.Fatal(err)
		}
		c.Client.Close()
		if (c.Hook != nil) != (file != "") {
			t.Errorf("with the secret file %q the source takes deliveries: %t", file, c.Hook != nil)
		}
	}
}
