using MeshActors.Cli.Connection;
using MeshActors.Cli.Failures;

namespace MeshActors.UnitTests.Cli;

public sealed class SettingsTests : IDisposable
{
    private static readonly string Secret = new('s', 43);
    private static readonly string ControllerToken = $"mat._.t1.{Secret}.{new string('p', 43)}";
    private static readonly Given Nothing = new(null, null, null, null, AllowsPlainText: false);

    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("meshctl-");
    private readonly Dictionary<string, string> _environment = [];

    public SettingsTests() => _environment["MESHCTL_DATA_DIR"] = _directory.FullName;

    public void Dispose() => _directory.Delete(recursive: true);

    [Fact]
    public void Beside_a_controller_everything_is_found()
    {
        Beside("controller.url", "https://10.0.0.1:8443\n");
        Beside("admin.token", ControllerToken + "\n");

        var settings = Resolve(Nothing);

        Assert.Equal(("https://10.0.0.1:8443/", "t1", "default"), (settings.Server.ToString(), settings.Token.Id, settings.Organization.Value));
    }

    [Fact]
    public void The_command_line_goes_before_the_environment_and_that_before_the_files()
    {
        Beside("controller.url", "https://file:1");
        Beside("admin.token", ControllerToken);
        _environment["MESHCTL_SERVER"] = "https://variable:2";
        _environment["MESHCTL_ORG"] = "variable";

        Assert.Equal(("variable", "variable"), Places(Resolve(Nothing)));
        Assert.Equal(("line", "line"), Places(Resolve(Nothing with { Server = "https://line:3", Organization = "line" })));
    }

    [Fact]
    public void A_token_of_an_organization_needs_no_org()
    {
        _environment["MESHCTL_SERVER"] = "mesh.example.org:8443";
        _environment["MESHCTL_TOKEN"] = $"mat.acme.t2.{Secret}";

        Assert.Equal(("mesh.example.org", "acme"), Places(Resolve(Nothing)));
    }

    [Fact]
    public void Nothing_is_called_in_plain_text_unless_it_is_said()
    {
        _environment["MESHCTL_TOKEN"] = ControllerToken;

        Assert.Equal("plain-text-refused", Refused(Nothing with { Server = "http://h:1" }).Code);
        Assert.Equal("http", Resolve(Nothing with { Server = "http://h:1", AllowsPlainText = true }).Server.Scheme);
    }

    [Theory]
    [InlineData("https://")]
    [InlineData("ftp://host")]
    [InlineData("https://host/path")]
    [InlineData("https://user:pass@host")]
    [InlineData("https://host:8443/#mjk.default.k.SECRET")]
    public void Another_URL_is_refused_without_repeating_a_secret(string server)
    {
        _environment["MESHCTL_TOKEN"] = ControllerToken;

        var failure = Refused(Nothing with { Server = server });

        Assert.Equal((ExitStatus.BadUsage, "server-malformed"), (failure.Status, failure.Code));
        Assert.DoesNotContain("SECRET", failure.Line, StringComparison.Ordinal);
    }

    [Fact]
    public void A_text_that_is_no_token_is_not_repeated()
    {
        _environment["MESHCTL_TOKEN"] = "mjk.default.k.SECRET";

        var failure = Refused(Nothing with { Server = "https://h" });

        Assert.Equal("token-malformed", failure.Code);
        Assert.DoesNotContain("SECRET", failure.Line, StringComparison.Ordinal);
    }

    [Fact]
    public void Without_a_controller_and_without_a_server_the_remedy_is_said() =>
        Assert.Contains("--server https://HOST:PORT", Refused(Nothing).Sentence, StringComparison.Ordinal);

    [Theory]
    [InlineData("https://127.0.0.1:8443", "10.0.0.1:8443", "https://10.0.0.1:8443/#K")]
    [InlineData("https://[::1]:8443", "https://mesh.example.org:8443", "https://mesh.example.org:8443/#K")]
    [InlineData("https://127.0.0.1:8443", "", "https://127.0.0.1:8443/#K")]
    [InlineData("https://mesh.example.org", "10.0.0.1:8443", "https://mesh.example.org/#K")]
    public void Another_machine_is_told_an_address_that_it_can_reach(string called, string advertised, string url) =>
        Assert.Equal(url, ControllerUrl.JoinUrl(ControllerUrl.ForOthers(new Uri(called), advertised), "K"));

    private static (string Host, string Organization) Places(Settings settings) => (settings.Server.Host, settings.Organization.Value);

    private Settings Resolve(Given given) => Settings.Resolve(given, _environment.GetValueOrDefault);

    private Failure Refused(Given given) => Assert.Throws<FailureException>(() => Resolve(given)).Failure;

    private void Beside(string name, string text) => File.WriteAllText(Path.Combine(_directory.FullName, name), text);
}
