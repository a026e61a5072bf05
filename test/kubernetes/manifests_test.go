package kubernetes_test

import (
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	monitoring "github.com/prometheus-operator/prometheus-operator/pkg/apis/monitoring/v1"
	apps "k8s.io/api/apps/v1"
	core "k8s.io/api/core/v1"
	networking "k8s.io/api/networking/v1"
	policy "k8s.io/api/policy/v1"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/yaml"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/config"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/words"
	"github.com/helpdesk-exporter/helpdesk_exporter/rules"
)

const folder = "../../deploy/kubernetes"

var update = flag.Bool("update", false, "write prometheusrule.yaml anew")

// manifests are those that kustomization.yaml lists, in the types that the
// cluster reads them into.
type manifests struct {
	namespace  core.Namespace
	account    core.ServiceAccount
	config     core.ConfigMap
	deployment apps.Deployment
	service    core.Service
	budget     policy.PodDisruptionBudget
	network    networking.NetworkPolicy
	monitor    monitoring.ServiceMonitor
	rule       monitoring.PrometheusRule
}

// files are the manifests by their files.
func (m *manifests) files() map[string]meta.Object {
	return map[string]meta.Object{
		"namespace.yaml": &m.namespace, "serviceaccount.yaml": &m.account, "configmap.yaml": &m.config, "deployment.yaml": &m.deployment,
		"service.yaml": &m.service, "poddisruptionbudget.yaml": &m.budget, "networkpolicy.yaml": &m.network,
		"servicemonitor.yaml": &m.monitor, "prometheusrule.yaml": &m.rule,
	}
}

// read decodes all manifests: a field that its type does not have is an error.
func read(t *testing.T) *manifests {
	t.Helper()
	m := &manifests{}
	for name, into := range m.files() {
		if err := yaml.UnmarshalStrict(file(t, name), into); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	if t.Failed() {
		t.FailNow()
	}
	return m
}

func file(t *testing.T, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(folder, name))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestEveryManifestIsReadWithoutAnUnknownFieldAndListed(t *testing.T) {
	var kustomization struct {
		APIVersion string   `json:"apiVersion"`
		Kind       string   `json:"kind"`
		Namespace  string   `json:"namespace"`
		Resources  []string `json:"resources"`
		Images     []struct {
			Name    string `json:"name"`
			NewName string `json:"newName"`
			NewTag  string `json:"newTag"`
		} `json:"images"`
	}
	if err := yaml.UnmarshalStrict(file(t, "kustomization.yaml"), &kustomization); err != nil {
		t.Fatal(err)
	}
	m := read(t)
	var want []string
	for name, object := range m.files() {
		want = append(want, name)
		if name != "namespace.yaml" && (object.GetNamespace() != kustomization.Namespace || object.GetName() != "helpdesk-exporter") {
			t.Errorf("%s is %s/%s", name, object.GetNamespace(), object.GetName())
		}
	}
	slices.Sort(want)
	slices.Sort(kustomization.Resources)
	if diff := cmp.Diff(want, kustomization.Resources); diff != "" {
		t.Errorf("kustomization.yaml (-files +listed):\n%s", diff)
	}
	if m.namespace.Name != kustomization.Namespace {
		t.Errorf("the namespace is %q, resources are in %q", m.namespace.Name, kustomization.Namespace)
	}
	if image := m.deployment.Spec.Template.Spec.Containers[0].Image; kustomization.Images[0].Name != image {
		t.Errorf("%s is replaced, %s is used", kustomization.Images[0].Name, image)
	}
}

func TestKindsAreTheOnesOfTheirTypes(t *testing.T) {
	m := read(t)
	got := []meta.TypeMeta{
		m.namespace.TypeMeta, m.account.TypeMeta, m.config.TypeMeta, m.deployment.TypeMeta, m.service.TypeMeta,
		m.budget.TypeMeta, m.network.TypeMeta, m.monitor.TypeMeta, m.rule.TypeMeta,
	}
	want := []meta.TypeMeta{
		{APIVersion: "v1", Kind: "Namespace"}, {APIVersion: "v1", Kind: "ServiceAccount"}, {APIVersion: "v1", Kind: "ConfigMap"},
		{APIVersion: "apps/v1", Kind: "Deployment"}, {APIVersion: "v1", Kind: "Service"},
		{APIVersion: "policy/v1", Kind: "PodDisruptionBudget"}, {APIVersion: "networking.k8s.io/v1", Kind: "NetworkPolicy"},
		{APIVersion: "monitoring.coreos.com/v1", Kind: "ServiceMonitor"}, {APIVersion: "monitoring.coreos.com/v1", Kind: "PrometheusRule"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestWhatIsSelectedIsTheExportersPods(t *testing.T) {
	m := read(t)
	labels := m.deployment.Spec.Template.Labels
	for what, selector := range map[string]map[string]string{
		"Deployment": m.deployment.Spec.Selector.MatchLabels, "Service": m.service.Spec.Selector, "PodDisruptionBudget": m.budget.Spec.Selector.MatchLabels,
		"NetworkPolicy": m.network.Spec.PodSelector.MatchLabels, "ServiceMonitor": m.monitor.Spec.Selector.MatchLabels,
		"spread": m.deployment.Spec.Template.Spec.TopologySpreadConstraints[0].LabelSelector.MatchLabels,
	} {
		if diff := cmp.Diff(labels, selector); diff != "" {
			t.Errorf("%s (-pods +selected):\n%s", what, diff)
		}
	}
	if diff := cmp.Diff(m.monitor.Spec.Selector.MatchLabels, m.service.Labels); diff != "" {
		t.Errorf("ServiceMonitor (-selected +service):\n%s", diff)
	}
	pod := &m.deployment.Spec.Template.Spec
	port := pod.Containers[0].Ports[0]
	if p := m.service.Spec.Ports[0]; p.TargetPort.String() != port.Name || p.Port != port.ContainerPort || m.monitor.Spec.Endpoints[0].Port != p.Name {
		t.Errorf("ports: %+v, %+v, %+v", port, p, m.monitor.Spec.Endpoints[0])
	}
	if in := m.network.Spec.Ingress[0].Ports[0].Port.IntValue(); in != int(port.ContainerPort) {
		t.Errorf("port %d is let in", in)
	}
	if got := pod.ServiceAccountName; got != m.account.Name {
		t.Errorf("the service account is %q", got)
	}
}

func TestConfigurationIsValidAndInWhatIsMounted(t *testing.T) {
	m := read(t)
	pod := m.deployment.Spec.Template.Spec
	mounts := map[string]string{}
	for _, v := range pod.Containers[0].VolumeMounts {
		mounts[v.Name] = v.MountPath
	}
	if pod.Volumes[0].ConfigMap.Name != m.config.Name {
		t.Errorf("mounted is the ConfigMap %s", pod.Volumes[0].ConfigMap.Name)
	}
	cfg := configuration(t, m)
	dir := mounts["secrets"] + "/"
	if !strings.HasPrefix(cfg.State.DSNFile, dir) {
		t.Errorf("two replicas need PostgreSQL, and its secret from %s: %s", dir, cfg.State)
	}
	for line := range strings.Lines(m.config.Data["config.yaml"]) {
		if _, path, ok := strings.Cut(line, "_file: "); ok && !strings.HasPrefix(path, dir) {
			t.Errorf("a secret is not in %s: %s", dir, line)
		}
	}
	if !slices.Contains(pod.Containers[0].Args, "--config.file="+mounts["config"]+"/config.yaml") {
		t.Errorf("the configuration is in %s, arguments are %q", mounts["config"], pod.Containers[0].Args)
	}
}

func configuration(t *testing.T, m *manifests) *config.Validated {
	t.Helper()
	if len(m.config.Data) != 1 {
		t.Fatalf("%d files", len(m.config.Data))
	}
	cfg, err := config.Parse([]byte(m.config.Data["config.yaml"]), "/")
	if err != nil {
		t.Fatal(err)
	}
	return cfg
}

// TestRulesAreThoseOfTheConfiguration; -update writes them anew.
func TestRulesAreThoseOfTheConfiguration(t *testing.T) {
	m := read(t)
	cfg := configuration(t, m)
	made, refused, err := rules.Files(cfg, rules.Flavour(cfg.Sidecar.Flavour), rules.FormatOperator, words.In(words.English))
	if err != nil || len(refused) > 0 || len(made) != 1 {
		t.Fatalf("%d files, refused %q, error %v", len(made), refused, err)
	}
	want := strings.Replace(string(made[0].Content), "  name: helpdesk-exporter\n", "  name: helpdesk-exporter\n  namespace: helpdesk\n", 1)
	if *update {
		if err := os.WriteFile(filepath.Join(folder, "prometheusrule.yaml"), []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff(want, string(file(t, "prometheusrule.yaml"))); diff != "" {
		t.Errorf("rules (-generated +manifest): go -C test/kubernetes test ./... -update\n%s", diff)
	}
	if n := len(m.rule.Spec.Groups); n != 3 && !*update {
		t.Errorf("%d groups", n)
	}
}
