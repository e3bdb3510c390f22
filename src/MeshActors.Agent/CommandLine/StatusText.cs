using System.Globalization;

namespace MeshActors.Agent.CommandLine;

/// <summary>The status for people.</summary>
internal static class StatusText
{
    private static readonly string[] Units = ["B", "KiB", "MiB", "GiB", "TiB"];

    public static void Write(TextWriter to, StatusReport report)
    {
        to.WriteLine($"node         {report.Node} ({report.NodeId}) of organization {report.Organization}");
        to.WriteLine($"addresses    {Joined(report.Addresses)}");
        to.WriteLine($"prefixes     {Joined(report.Prefixes)}");
        to.WriteLine($"interface    {report.Interface}, {(report.InterfaceUp ? "up" : "DOWN")}, public key {report.PublicKey}");
        to.WriteLine($"agent        {report.Agent}");
        to.WriteLine($"controller   {report.Server} {Connection(report)}");
        to.WriteLine($"revision     {report.Revision}, applied {report.AppliedRevision}");
        to.WriteLine();
        WritePeers(to, report.Peers);
        foreach (var warning in report.Warnings)
        {
            to.WriteLine($"warning: {warning.Code}: {warning.Message}");
        }

        foreach (var failure in report.Failures)
        {
            to.WriteLine($"failure: {failure}");
        }
    }

    private static string Connection(StatusReport report) => report.Connected
        ? $"connected since {report.ConnectionSince:u}"
        : $"NOT connected{(report.LastError is null ? "" : $": {report.LastError}")}";

    private static void WritePeers(TextWriter to, PeerReport[] peers)
    {
        string[][] rows =
        [
            ["PEER", "ADDRESSES", "PREFIXES", "ENDPOINT", "HANDSHAKE", "RECEIVED", "SENT"],
            .. peers.Select(peer => (string[])
            [
                peer.Name, Joined(peer.Addresses), Joined(peer.Prefixes), peer.Endpoint ?? "-",
                peer.HandshakeAgeSeconds is { } age ? $"{age} s ago" : "never", Size(peer.ReceivedBytes), Size(peer.SentBytes),
            ]),
        ];
        var widths = Enumerable.Range(0, rows[0].Length).Select(column => rows.Max(row => row[column].Length)).ToArray();
        for (var i = 0; i < rows.Length; i++)
        {
            to.WriteLine(string.Join("  ", rows[i].Select((cell, column) => cell.PadRight(widths[column]))).TrimEnd());
            if (i > 0 && peers[i - 1].Reason is { } reason)
            {
                to.WriteLine($"    not reachable: {reason}");
            }
        }
    }

    private static string Joined(string[] texts) => texts.Length == 0 ? "-" : string.Join(", ", texts);

    private static string Size(long bytes)
    {
        var value = (double)bytes;
        var unit = 0;
        while (value >= 1024 && unit < Units.Length - 1)
        {
            value /= 1024;
            unit++;
        }

        return string.Create(CultureInfo.InvariantCulture, $"{value:0.#} {Units[unit]}");
    }
}
