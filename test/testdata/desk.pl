# The support desk that the end-to-end test works at: queues, people, custom
# fields and rights, and the tokens of the two accounts that use the API.
use strict;
use warnings;

our @Queues = map { { Name => $_, Description => $_ } } 'Billing', 'Night shift';

our @Groups = map { { Name => $_ } } 'Support', 'Metrics';

sub account {
    my ($name) = @_;
    return {
        Name         => $name,
        RealName     => ucfirst $name,
        EmailAddress => "$name\@example.test",
        Password     => "$name-password",
        Privileged   => 1,
    };
}

our @Users = map { account($_) } qw(alice bob helper exporter);

our @Members = (
    ( map { { Group => 'Support', GroupDomain => 'UserDefined', Class => 'RT::User', Name => $_ } } qw(alice bob helper) ),
    { Group => 'Metrics', GroupDomain => 'UserDefined', Class => 'RT::User', Name => 'exporter' },
);

sub choice {
    my ( $name, @values ) = @_;
    my $n = 0;
    return {
        Name       => $name,
        Type       => 'SelectSingle',
        LookupType => 'RT::Queue-RT::Ticket',
        ApplyTo    => 0,
        Values     => [ map { { Name => $_, SortOrder => $n++ } } @values ],
    };
}

our @CustomFields = ( choice( Channel => qw(Email Phone Chat WhatsApp) ), choice( CSAT => 1 .. 5 ) );

our @ACL = (
    # Anybody may write in.
    ( map { { GroupDomain => 'SystemInternal', GroupType => 'Everyone', Right => $_ } } qw(SeeQueue CreateTicket ReplyToTicket) ),
    # The exporter's account: what its README asks for, and no more.
    ( map { { GroupDomain => 'UserDefined', GroupId => 'Metrics', Right => $_ } }
            qw(SeeQueue ShowTicket ShowTicketComments SeeCustomField) ),
    ( map { { GroupDomain => 'UserDefined', GroupId => 'Support', Right => $_ } }
            qw(SeeQueue ShowTicket ShowTicketComments CreateTicket ReplyToTicket CommentOnTicket ModifyTicket
            OwnTicket TakeTicket StealTicket ReassignTicket SeeCustomField ModifyCustomField SetInitialCustomField) ),
);

# A token is shown once, when it is made.
our @Final = (
    sub {
        for my $name (qw(root exporter)) {
            my $user = RT::User->new( RT->SystemUser );
            $user->Load($name);
            my ( $ok, $why, $token ) =
                RT::AuthToken->new( RT->SystemUser )->Create( Owner => $user->id, Description => 'end-to-end test' );
            die "no token for $name: $why\n" unless $ok;
            open my $file, '>', "$ENV{RT_TOKEN_DIR}/$name.token" or die "write the token of $name: $!\n";
            print {$file} "$token\n";
            close $file or die "write the token of $name: $!\n";
        }
    },
);

1;
