using System.Buffers.Text;
using System.Security.Cryptography;
using MeshActors.Domain;
using MeshActors.Domain.Trust;

namespace MeshActors.Agent.State;

/// <summary>Reads, makes and updates who this machine is, from what the user says.</summary>
internal static class Identities
{
    public static Identity? Read(StateDirectory state) => state.Read(Identity.File, StateJson.Default.Identity, Identity.Remedy);

    /// <exception cref="BadInputException">The user's words lack something, or contradict what is there.</exception>
    public static Identity ReadOrCreate(StateDirectory state, Settings settings)
    {
        _ = Bearer.TryParse(settings.Target.JoinKey, Bearer.JoinKeyKind, out var joinKey);
        var known = Read(state);
        RequireSameOrganization(state, settings, known, joinKey);
        var servers = settings.Target.Servers.Select(server => server.ToString()).ToArray();
        var identity = (known ?? New(settings)) with { };
        identity = identity with
        {
            Name = settings.Name ?? identity.Name,
            Servers = servers.Length > 0 ? servers : identity.Servers,
            Pin = joinKey?.Pin ?? (settings.CaFile is null ? identity.Pin : null),
            Ca = joinKey?.Pin is null ? ReadCa(settings.CaFile) ?? identity.Ca : null,
        };
        if (identity.Servers.Length == 0 || (!identity.IsJoined && joinKey is null))
        {
            throw new BadInputException(
                "this machine has not joined yet: give the join URL that the controller printed, or the controller's URL with --join-key.");
        }

        Write(state, identity);
        return identity;
    }

    public static void Write(StateDirectory state, Identity identity)
    {
        try
        {
            state.Write(Identity.File, identity, StateJson.Default.Identity);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new HostCannotException($"cannot write {state.PathOf(Identity.File)}: {e.Message} Free space there, or give another --state-dir.");
        }
    }

    private static Identity New(Settings settings) => new()
    {
        Name = settings.Name ?? HostName(),
        CredentialSecret = Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32)),
    };

    private static string HostName() => Environment.MachineName.Split('.')[0];

    private static string? ReadCa(string? file)
    {
        try
        {
            return file is null ? null : File.ReadAllText(file);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new BadInputException($"cannot read --ca {file}: {e.Message}");
        }
    }

    private static void RequireSameOrganization(StateDirectory state, Settings settings, Identity? known, Bearer? joinKey)
    {
        var said = joinKey?.Scope ?? (settings.Organization.Length > 0 ? settings.Organization : null);
        if (known is { IsJoined: true } && said is not null && said != known.Organization
            && (joinKey is not null || !OrganizationId.TryParse(known.Organization, out var own) || !own.IsCalled(said)))
        {
            throw new RefusedException(
                RefusalCodes.OrganizationMismatch,
                $"this machine is a node of '{known.Organization}', not of '{said}'. For a second membership give another --state-dir "
                + $"than {state.Root}, and another --interface and --listen-port.");
        }
    }
}
