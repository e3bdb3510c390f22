using MeshActors.Cluster;
using MeshActors.Cluster.Regions;
using MeshActors.Controller.Admin;
using MeshActors.Controller.CommandLine;
using MeshActors.Controller.DataDirectory;
using MeshActors.Controller.Trust;
using MeshActors.Domain;
using MeshActors.Domain.Directories;
using MeshActors.Domain.Organizations;
using MeshActors.Domain.Trust;

namespace MeshActors.Controller.Hosting;

/// <summary>
/// What the first start leaves behind: the organization <c>default</c>, a controller's token and a reusable join key.
/// Each secret is in its file before its hash is in the journal, so a start that was interrupted is finished by the next.
/// </summary>
internal sealed class FirstSecrets(
    IMesh mesh, DataDir directory, CertificateAuthority authority, ControllerIdentity identity, ControllerOptions options, Homes homes, TimeProvider time)
{
    /// <summary>True when this start made the join URL.</summary>
    public bool IsFirstStart { get; private set; }

    public async Task EnsureAsync(CancellationToken cancellationToken)
    {
        var state = await mesh.GetDirectoryAsync(cancellationToken).ConfigureAwait(false);
        await EnsureTokenAsync(state, cancellationToken).ConfigureAwait(false);
        // Nothing is made where the journal of an organization of that name is still to come, or is on its way.
        var isListed = state.Organizations.Contains(DefaultOf(state));
        try
        {
            if ((isListed || !options.WithoutDefaultOrganization)
                && await EnsureOrganizationAsync(state, cancellationToken).ConfigureAwait(false) is { } organization)
            {
                await EnsureJoinUrlAsync(organization, cancellationToken).ConfigureAwait(false);
            }
        }
        catch (RegionAwayException) when (isListed)
        {
            // It has moved to a region that is away: this one starts without it. Its URL was made by the first start.
        }

        DurableFile.WritePublic(directory.ControllerUrl, identity.OwnUrl + "\n");
    }

    /// <summary>Made where the file was never registered, or where no controller's token opens anything any more.</summary>
    private async Task EnsureTokenAsync(DirectoryState state, CancellationToken cancellationToken)
    {
        var written = Read(directory.AdminToken, Bearer.TokenKind);
        if (written is null)
        {
            if (state.Tokens.Values.Any(token => !token.IsRevoked))
            {
                return;
            }

            written = Secrets.New(Bearer.TokenKind, Bearer.ControllerScope, authority.Pin);
            DurableFile.WriteSecret(directory.AdminToken, written.Reveal() + "\n");
        }

        if (!state.Tokens.ContainsKey(written.Id))
        {
            var command = new DirectoryCommand.CreateToken(new AccessToken(written.Id, written.Hash, "admin"));
            Check(await mesh.ExecuteAsync(command, Meta(), cancellationToken).ConfigureAwait(false));
        }
    }

    /// <summary>Null while it is being imported.</summary>
    private async Task<OrganizationState?> EnsureOrganizationAsync(DirectoryState state, CancellationToken cancellationToken)
    {
        var id = DefaultOf(state);
        if (!state.Organizations.Contains(id))
        {
            var registered = await mesh.ExecuteAsync(new DirectoryCommand.RegisterOrganization(id), Meta(), cancellationToken).ConfigureAwait(false);
            if (registered is CommandReply.Refused({ Code: RefusalCodes.ImportUnfinished }))
            {
                return null;
            }

            Check(registered);
        }

        // Refused where it exists, with other pools: then it stays as it is.
        var create = new OrganizationCommand.Create(id, new AddressPools(AddressPools.DefaultV4, Pools.RandomV6()));
        var reply = await mesh.ExecuteAsync(id, create, Meta(), cancellationToken).ConfigureAwait(false);
        if (reply is not CommandReply.Refused({ Code: RefusalCodes.OrganizationExists }))
        {
            Check(reply);
        }

        return (await mesh.GetAsync(id, cancellationToken).ConfigureAwait(false))?.State
            ?? throw new MeshUnavailableException($"Organization '{id}' was created and cannot be read.");
    }

    /// <summary>One from before the region had a name stays the default.</summary>
    private OrganizationId DefaultOf(DirectoryState state) =>
        state.Organizations.Contains(OrganizationId.Default) ? OrganizationId.Default : OrganizationId.Default.In(homes.Own);

    private async Task EnsureJoinUrlAsync(OrganizationState state, CancellationToken cancellationToken)
    {
        var written = Read(directory.JoinUrl, Bearer.JoinKeyKind);
        if (written is null)
        {
            // Its operator took the file away: another open key is not made behind his back.
            if (!state.JoinKeys.IsEmpty)
            {
                return;
            }

            written = Secrets.New(Bearer.JoinKeyKind, state.Id.Value, authority.Pin);
            IsFirstStart = true;
        }

        // The secret stays; the host in front of it follows --advertise.
        var url = $"{identity.Url}/#{written.Reveal()}\n";
        if (IsFirstStart || await File.ReadAllTextAsync(directory.JoinUrl, cancellationToken).ConfigureAwait(false) != url)
        {
            DurableFile.WriteSecret(directory.JoinUrl, url);
        }

        if (!state.JoinKeys.ContainsKey(written.Id))
        {
            IsFirstStart = true;
            var key = new JoinKey(written.Id, written.Hash, Reusable: true, ExpiresAt: null, Replaces: null, "made by the first start");
            Check(await mesh.ExecuteAsync(state.Id, new OrganizationCommand.CreateJoinKey(key), Meta(), cancellationToken).ConfigureAwait(false));
        }
    }

    /// <summary>Null where there is no such file.</summary>
    /// <exception cref="StartException">It is damaged.</exception>
    private static Bearer? Read(string path, string kind)
    {
        if (!File.Exists(path))
        {
            return null;
        }

        var text = File.ReadAllText(path).Trim();
        return Bearer.TryParse(text[(text.IndexOf('#') + 1)..], kind, out var bearer)
            ? bearer
            : throw StartException.Host($"{path} is damaged. Restore it from a backup, or delete it: a new one is made only while nothing else was.");
    }

    private Meta Meta() => new(DateTimeOffset.FromUnixTimeMilliseconds(time.GetUtcNow().ToUnixTimeMilliseconds()), Principal.System, "start");

    private static void Check(CommandReply reply)
    {
        if (reply is CommandReply.Refused(var reason))
        {
            throw StartException.Host($"the journal refuses what a first start needs: {reason.Message}");
        }
    }
}
