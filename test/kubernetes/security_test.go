package kubernetes_test

import (
	"context"
	"os/exec"
	"regexp"
	"testing"

	"github.com/google/go-cmp/cmp"
	core "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/utils/ptr"
)

// The restricted Pod Security Standard, and a root file system that is read only.
func TestPodHasNoRightsThatItDoesNotNeed(t *testing.T) {
	m := read(t)
	pod := m.deployment.Spec.Template.Spec
	const nobody = int64(65534)
	compare(t, "pod", &core.PodSecurityContext{
		RunAsNonRoot: ptr.To(true), RunAsUser: ptr.To(nobody), RunAsGroup: ptr.To(nobody), FSGroup: ptr.To(nobody),
		SeccompProfile: &core.SeccompProfile{Type: core.SeccompProfileTypeRuntimeDefault},
	}, pod.SecurityContext)
	compare(t, "container", &core.SecurityContext{
		AllowPrivilegeEscalation: ptr.To(false), ReadOnlyRootFilesystem: ptr.To(true),
		Capabilities: &core.Capabilities{Drop: []core.Capability{"ALL"}},
	}, pod.Containers[0].SecurityContext)
	compare(t, "token of the pod", ptr.To(false), pod.AutomountServiceAccountToken)
	compare(t, "token of the account", ptr.To(false), m.account.AutomountServiceAccountToken)
	compare(t, "namespace", map[string]string{"pod-security.kubernetes.io/enforce": "restricted"}, m.namespace.Labels)
	compare(t, "host", [3]bool{}, [3]bool{pod.HostNetwork, pod.HostPID, pod.HostIPC})
	for _, v := range pod.Volumes {
		if v.ConfigMap == nil && v.Secret == nil {
			t.Errorf("the volume %s is neither configuration nor secrets", v.Name)
		}
	}
	compare(t, "mode of the secrets", ptr.To(int32(0o440)), pod.Volumes[1].Secret.DefaultMode)
}

func TestReplicasOutliveOneAnother(t *testing.T) {
	m := read(t)
	compare(t, "replicas", ptr.To(int32(2)), m.deployment.Spec.Replicas)
	compare(t, "budget", ptr.To(intstr.FromInt32(1)), m.budget.Spec.MaxUnavailable)
}

func TestProbesAndResourcesAreSet(t *testing.T) {
	c := read(t).deployment.Spec.Template.Spec.Containers[0]
	for path, probe := range map[string]*core.Probe{"/-/healthy": c.LivenessProbe, "/-/ready": c.ReadinessProbe} {
		compare(t, path, &core.HTTPGetAction{Path: path, Port: intstr.FromString(c.Ports[0].Name)}, probe.HTTPGet)
	}
	if c.Resources.Requests.Cpu().IsZero() || c.Resources.Requests.Memory().IsZero() || c.Resources.Limits.Memory().IsZero() {
		t.Errorf("resources: %+v", c.Resources)
	}
}

// The flags are asked of the program itself.
func TestFlagsAreTheProgramsOwn(t *testing.T) {
	args := read(t).deployment.Spec.Template.Spec.Containers[0].Args
	cmd := exec.CommandContext(context.WithoutCancel(t.Context()), "go", append([]string{"-C", "../..", "run", "./cmd/helpdesk_exporter", "--version"}, args...)...)
	if out, err := cmd.CombinedOutput(); err != nil || !regexp.MustCompile(`^helpdesk_exporter, version`).Match(out) {
		t.Errorf("%q: %v\n%s", args, err, out)
	}
}

func TestNothingGetsInOrOutButWhatIsNeeded(t *testing.T) {
	m := read(t)
	type way struct{ To, Port string }
	var got []way
	for _, e := range m.network.Spec.Egress {
		for _, to := range e.To {
			name := "every namespace"
			switch {
			case to.IPBlock != nil:
				name = to.IPBlock.CIDR
			case to.NamespaceSelector.MatchLabels["kubernetes.io/metadata.name"] != "":
				name = to.NamespaceSelector.MatchLabels["kubernetes.io/metadata.name"]
			}
			for _, p := range e.Ports {
				got = append(got, way{name, string(*p.Protocol) + " " + p.Port.String()})
			}
		}
	}
	compare(t, "egress", []way{
		{"kube-system", "UDP 53"}, {"kube-system", "TCP 53"}, {"monitoring", "TCP 9093"}, {"every namespace", "TCP 5432"},
		{"0.0.0.0/0", "TCP 443"}, {"::/0", "TCP 443"},
	}, got)
	compare(t, "the number of ways in", 1, len(m.network.Spec.Ingress))
}

func compare(t *testing.T, what string, want, got any) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}
